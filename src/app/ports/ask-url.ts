import type { Composed, ComposeFacts } from '../../model/composer.ts';
import { SECOND_MS } from '../../model/clock.ts';
import type { HttpAnswer, HttpClient } from '../../model/http.ts';
import { printable } from './printable.ts';

const CONNECT_TIMEOUT_MS = 10 * SECOND_MS;
const ANSWER_TIMEOUT_MS = 50 * SECOND_MS;
const BODY_BYTES_MAX = 64 * 1024;
const COMPLAINT_CHARS_MAX = 500;

/** Asks a URL with a POST; it answers with the text itself, or with `{"text": …, "made_with_ai"?: …}`. */
export async function askUrl(
  url: string,
  facts: ComposeFacts,
  { http, stop }: { readonly http: HttpClient; readonly stop: AbortSignal },
): Promise<Composed> {
  const answered = http.send({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json', accept: 'application/json, text/plain' },
    body: JSON.stringify({
      schedule: facts.schedule,
      connection: facts.connection,
      time: new Date(facts.occurrenceAtMs).toISOString(),
      local_time: facts.localTime,
      timezone: facts.timezone,
      n: facts.n,
      recent_texts: facts.recentTexts,
    }),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    answerTimeoutMs: ANSWER_TIMEOUT_MS,
    bodyBytesMax: BODY_BYTES_MAX,
  });
  return orStopped(answered.then(read), stop);
}

/** On the signal nobody waits for the answer any more: it is asked for again. */
function orStopped(answered: Promise<Composed>, stop: AbortSignal): Promise<Composed> {
  return new Promise((resolve, reject) => {
    const onStop = (): void => {
      resolve({ kind: 'stopped' });
    };
    if (stop.aborted) onStop();
    stop.addEventListener('abort', onStop, { once: true });
    answered.then(resolve, reject).finally(() => {
      stop.removeEventListener('abort', onStop);
    });
  });
}

function read(answer: HttpAnswer): Composed {
  if (answer.kind !== 'answered') return { kind: 'failed', detail: answer.detail };
  const { status, headers, body, complete } = answer;
  const text = Buffer.from(body).toString('utf8');
  if (status !== 200) {
    return { kind: 'failed', detail: `HTTP ${status} ${printable(text).slice(0, COMPLAINT_CHARS_MAX)}`.trim() };
  }
  if (!complete) {
    return { kind: 'failed', detail: `the answer was cut off, or longer than ${BODY_BYTES_MAX / 1024} kB` };
  }
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type === 'text/plain') return { kind: 'composed', text: text.trim(), madeWithAi: undefined };
  if (type === 'application/json') return readJson(text);
  return { kind: 'failed', detail: `the answer is ${type ?? 'of no type'}; text/plain or application/json is read` };
}

function readJson(body: string): Composed {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    // Said in words of our own: the parser's would quote the answer.
    return { kind: 'failed', detail: 'the answer is not the JSON that it says it is' };
  }
  if (typeof json !== 'object' || json === null || !('text' in json) || typeof json.text !== 'string') {
    return { kind: 'failed', detail: 'the answer has no "text"' };
  }
  const madeWithAi = 'made_with_ai' in json && typeof json.made_with_ai === 'boolean' ? json.made_with_ai : undefined;
  return { kind: 'composed', text: json.text.trim(), madeWithAi };
}
