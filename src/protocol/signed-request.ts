import type { Clock } from '../model/clock.ts';
import type { ExchangeWatch, HttpAnswer, HttpClient, HttpRequest } from '../model/http.ts';
import type { Random } from '../model/random.ts';
import type { Secret } from '../model/secret.ts';
import type { TokenSet } from '../model/token-set.ts';
import type { ProviderApp } from '../providers/provider-app.ts';
import { ASSERTION_TYPE, clientAssertion } from './client-assertion.ts';
import { proofOf } from './dpop.ts';
import { asksForNonce, type Nonces } from './nonces.ts';

export interface SigningPorts {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly nonces: Nonces;
}

/** A request to the authorization server that may still lack what is signed anew each time it is sent. */
export interface UnsignedRequest extends HttpRequest {
  /** Its form wants an assertion with the app's key (RFC 7523). */
  readonly needsAssertion: boolean;
}

/** A request with its signatures, to be sent once. */
export interface SignedRequest {
  readonly request: HttpRequest;
  /** The same with new signatures and the server's nonce. Absent: there is no proof in it that could lack one. */
  readonly again: (() => Promise<HttpRequest>) | undefined;
}

export interface Signer {
  readonly app: ProviderApp;
  /** The key that the grant's tokens are bound to (RFC 9449), where they are. */
  readonly proofKey: Secret | undefined;
}

/** Signs without sending, so that whatever can fail fails before anything is claimed. */
export async function signRequest(
  unsigned: UnsignedRequest,
  { app, proofKey }: Signer,
  ports: Omit<SigningPorts, 'http'>,
): Promise<SignedRequest> {
  const { needsAssertion, ...bare } = unsigned;
  const sign = async (): Promise<HttpRequest> =>
    withProof(
      needsAssertion ? await withAssertion(bare, app, ports) : bare,
      { proofKey, accessToken: undefined },
      ports,
    );
  return { request: await sign(), again: proofKey === undefined ? undefined : sign };
}

/**
 * Sends once; and once more only where the server refused to handle the request because its proof lacked a nonce
 * (RFC 9449, section 8). A server that asks again after that gets no third one: its refusal is the answer.
 *
 * The repeat is no second presentation of a code or a refresh token. The server says that it has not looked at it, and
 * the repeat goes out under the same lease and the same attempt, asked again before the first byte whether it still may.
 */
export async function sendSigned(
  { request, again }: SignedRequest,
  { http, nonces }: Pick<SigningPorts, 'http' | 'nonces'>,
  watch?: ExchangeWatch,
): Promise<HttpAnswer> {
  const first = await http.send(request, watch);
  nonces.note(request.url, first);
  if (again === undefined || !asksForNonce(first)) return first;
  const second = await http.send(await again(), watch);
  nonces.note(request.url, second);
  return second;
}

/** Signs and sends. */
export async function sendAsClient(
  unsigned: UnsignedRequest,
  signer: Signer,
  ports: SigningPorts,
  watch?: ExchangeWatch,
): Promise<HttpAnswer> {
  return sendSigned(await signRequest(unsigned, signer, ports), ports, watch);
}

export type BoundToken = Pick<TokenSet, 'accessToken' | 'tokenType' | 'proofKey'>;

/** Calls a resource server: with a bearer token (RFC 6750), or with one that is bound to its key and a proof of it. */
export async function sendWithToken(
  request: HttpRequest,
  { accessToken, tokenType, proofKey }: BoundToken,
  ports: SigningPorts,
): Promise<HttpAnswer> {
  const isBound = isDpop(tokenType) && proofKey !== undefined;
  const authorization = `${isBound ? 'DPoP' : 'Bearer'} ${accessToken.reveal()}`;
  const authorized = { ...request, headers: { ...request.headers, authorization } };
  if (!isBound) return ports.http.send(authorized);
  const sign = (): Promise<HttpRequest> => withProof(authorized, { proofKey, accessToken }, ports);
  return sendSigned({ request: await sign(), again: sign }, ports);
}

/** Token types are compared without case (RFC 6749, section 5.1). */
export function isDpop(tokenType: string): boolean {
  return tokenType.toLowerCase() === 'dpop';
}

type SignPorts = Omit<SigningPorts, 'http'>;

async function withAssertion(request: HttpRequest, app: ProviderApp, ports: SignPorts): Promise<HttpRequest> {
  if (app.clientKey === undefined) return request;
  const form = new URLSearchParams(typeof request.body === 'string' ? request.body : '');
  form.set('client_assertion_type', ASSERTION_TYPE);
  form.set('client_assertion', await clientAssertion(app, app.clientKey, ports));
  return { ...request, body: form.toString() };
}

async function withProof(
  request: HttpRequest,
  { proofKey, accessToken }: { readonly proofKey: Secret | undefined; readonly accessToken: Secret | undefined },
  ports: SignPorts,
): Promise<HttpRequest> {
  if (proofKey === undefined) return request;
  const proof = await proofOf(proofKey, { request, nonce: ports.nonces.of(request.url), accessToken }, ports);
  return { ...request, headers: { ...request.headers, dpop: proof } };
}
