import { isPlayed } from '../quirks.ts';
import { formOf, queryOf, type Reply, type SimRequest } from '../wire.ts';
import type { World } from '../world.ts';

/** The parameters of a request to the token or the device endpoint, wherever this provider reads them. */
export function parametersOf({ provider }: World, request: SimRequest): URLSearchParams {
  if (isPlayed(provider, 'requestsAsJson')) return new URLSearchParams(Object.entries(jsonOf(request)).map(asText));
  const form = formOf(request);
  if (form !== undefined || !isPlayed(provider, 'parametersAnywhere')) return form ?? new URLSearchParams();
  const query = queryOf(request.url);
  for (const [name, value] of Object.entries(jsonOf(request)))
    if (typeof value === 'string' && !query.has(name)) query.set(name, value);
  return query;
}

function asText([name, value]: readonly [string, unknown]): [string, string] {
  return [name, typeof value === 'string' ? value : ''];
}

function jsonOf({ headers, body }: SimRequest): object {
  if (!(headers['content-type'] ?? '').includes('json')) return {};
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    // Not JSON: then there are no parameters in it, which is what is answered.
    return {};
  }
}

/** As JSON, or as a form where the provider answers so whoever does not ask for JSON. */
export function asAskedFor({ provider }: World, request: SimRequest, reply: Reply): Reply {
  const accepts = request.headers['accept'] ?? '';
  if (!isPlayed(provider, 'answersAsForm') || accepts.includes('json')) return reply;
  const fields = JSON.parse(reply.body) as Record<string, string | number>;
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) form.set(name, String(value));
  return {
    ...reply,
    headers: { ...reply.headers, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: form.toString(),
  };
}
