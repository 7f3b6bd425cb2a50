import express, { type NextFunction, type Request, type Response } from 'express';
import { KippuError, type DeviceCode } from 'kippu';
import { toNodeHandler } from 'kippu/node';
import { kippu, origin, userOf } from './kippu.ts';
import { devicePage, homePage, troublePage, type Account, type Repository } from './pages.ts';

const app = express();
app.use('/accounts', toNodeHandler(kippu.handler, { origin }));
app.use(express.urlencoded({ extended: false }));

app.get('/', async (req, res) => {
  const accounts: Account[] = [];
  for await (const { id, name, state } of kippu.connections({ owner: userOf(req, res), provider: 'github' }))
    if (state !== 'revoked') accounts.push({ id, name, repositories: await repositoriesOf(id) });
  res.send(homePage(accounts));
});

/** One account's trouble is shown in the place of its repositories, and hides nothing of the others. */
function repositoriesOf(connection: string): Promise<readonly Repository[] | KippuError> {
  return kippu.fetch(connection, '/user/repos?sort=updated').then(
    async (response) => {
      if (!response.ok) return new KippuError('unavailable', `GitHub answered with ${response.status}.`);
      return (await response.json()) as Repository[];
    },
    (error: KippuError) => error,
  );
}

/** In this browser. With a connection: once more for that one, whose consent has ended. */
app.post('/connect', async (req, res) => {
  const wish = { provider: 'github', owner: userOf(req, res), connection: req.body?.connection };
  const { url } = await kippu.connect({ ...wish, returnUrl: `${origin}/connected` });
  res.redirect(303, url);
});

app.get('/connected', async (req, res) => {
  const query = new URL(req.originalUrl, origin).searchParams;
  const [session, code] = [query.get('kippu_session') ?? '', query.get('kippu_code') ?? ''];
  // Only the user who began may bring the code: a link could attach a stranger's account to him otherwise.
  await kippu.redeem(session, code, { owner: userOf(req, res) });
  res.redirect(303, '/');
});

const waiting = new Map<string, { owner: string; device: DeviceCode; error?: Error }>();

/** On another device: one that has a keyboard, or where the user is signed in at GitHub. */
app.post('/device', async (req, res) => {
  const owner = userOf(req, res);
  const device = await kippu.connectDevice({ provider: 'github', owner });
  waiting.set(device.id, { owner, device });
  device.wait().then(
    () => waiting.delete(device.id),
    (error: Error) => waiting.set(device.id, { owner, device, error }),
  );
  res.redirect(303, `/device/${device.id}`);
});

app.get('/device/:id', (req, res) => {
  const { owner, device, error } = waiting.get(req.params.id) ?? {};
  // Whoever types the code connects his account to its owner: nobody else may see it.
  if (device === undefined || owner !== userOf(req, res)) return res.redirect(303, '/');
  if (error === undefined) return res.send(devicePage(device));
  waiting.delete(device.id);
  throw error;
});

app.post('/disconnect', async (req, res) => {
  const { id, owner } = await kippu.connection(String(req.body?.connection));
  if (owner === userOf(req, res)) await kippu.revoke(id);
  res.redirect(303, '/');
});

app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
  console.error(error instanceof KippuError ? `${error.code}: ${error.message}` : error);
  res.status(error instanceof KippuError ? 400 : 500).send(troublePage(error));
});

const server = app.listen(Number(new URL(origin).port), '127.0.0.1', () => console.log(`Open ${origin}`));
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => server.close(() => void kippu.close()).closeAllConnections());
