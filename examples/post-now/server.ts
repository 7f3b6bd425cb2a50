import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import { checkText } from 'kippu';
import { toRequest } from 'kippu/node';
import { x } from 'kippu/providers';
import { createSession, KippuError } from 'kippu/session';
import { sqlite } from 'kippu/sqlite';
import { CSP, page, STYLE, WORDS, type View } from './page.ts';
import { openPresses, outcomeOf } from './presses.ts';

const { PORT = '3000', KIPPU_HOME: home = '.kippu', KIPPU_KEYS: keys } = process.env;
const {
  KIPPU_X_CLIENT_ID: clientId = '',
  KIPPU_X_CLIENT_SECRET: clientSecret,
  KIPPU_X_BASE_URL: baseUrl,
} = process.env;
const publicUrl = `http://127.0.0.1:${PORT}`;
const providers = [x({ clientId, clientSecret, baseUrl })];
const session = createSession({ publicUrl, keys, providers, ledger: sqlite(`${home}/sessions.db`), home });
const presses = openPresses(`${home}/presses.db`);

const app = Fastify();
const webRequest = ({ raw }: FastifyRequest): Request => toRequest(raw, { origin: publicUrl });
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
  // A form writes a line break as two characters, and X would count both.
  done(null, Object.fromEntries(new URLSearchParams(String(body).replaceAll('%0D%0A', '%0A'))));
});

app.all('/auth/*', (request) => session.handler(webRequest(request)));

app.get('/', async (request, reply) => {
  const [user] = await session.read(webRequest(request));
  const { press = '' } = request.query as { press?: string };
  return show(reply, { handle: user?.handle, outcome: user && presses.find(`${user.subject}`, press) });
});

app.post('/post', async (request, reply) => {
  // Refuses what a page of another site has sent, by its Origin and Sec-Fetch-Site, before anything else is done.
  const { subject, handle, setCookies } = await session.getAccessToken(webRequest(request));
  const cookies = new Set(setCookies);
  const { text = '', press = randomUUID() } = request.body as Record<string, string>;
  const trouble = checkText(text).problems.find(({ severity }) => severity === 'error')?.message;
  if (trouble !== undefined) return show(reply.code(400).header('set-cookie', [...cookies]), { handle, text, trouble });
  await presses.once(`${subject}`, press, async () => {
    const [headers, body] = [{ 'content-type': 'application/json' }, JSON.stringify({ text })];
    const answer = await session.fetch(webRequest(request), '/2/tweets', { method: 'POST', headers, body });
    for (const cookie of answer.headers.getSetCookie()) cookies.add(cookie);
    return outcomeOf(answer, `${baseUrl ?? 'https://x.com'}/${handle}/status/`);
  });
  return reply.header('set-cookie', [...cookies]).redirect(`/?press=${encodeURIComponent(press)}`, 303);
});

app.post('/count', (request) => checkText(String(request.body)));
app.get('/style.css', (_request, reply) => reply.type('text/css').send(STYLE));
app.get('/counter.js', (_request, reply) => reply.type('text/javascript').send(readFileSync('counter.js')));

app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
  const [status, words] = (error instanceof KippuError && WORDS[error.code]) || [
    error.statusCode ?? 500,
    error.message,
  ];
  if (status === 500) console.error(error);
  const trouble = status === 500 ? 'Something went wrong here.' : words;
  return show(reply.code(status), { text: (request.body as Record<string, string> | undefined)?.['text'], trouble });
});

function show(reply: FastifyReply, view: View): FastifyReply {
  reply.headers({ 'content-security-policy': CSP, 'cache-control': 'no-store', 'referrer-policy': 'same-origin' });
  return reply.type('text/html').send(page(view));
}

app.addHook('onClose', () => session.close());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void app.close());
console.log(`Post now: ${await app.listen({ port: Number(PORT), host: '127.0.0.1' })}`);
