import { Secret } from '../model/secret.ts';

/** What we alone know of a consent that a browser was sent away with, until it comes back. */
export interface Kept {
  readonly verifier: Secret;
  /** The key that the tokens will be bound to (RFC 9449). */
  readonly proofKey: Secret | undefined;
}

/** As the text that is sealed: the verifier alone where there is no more. */
export function writeKept({ verifier, proofKey }: Kept): Secret {
  if (proofKey === undefined) return verifier;
  return new Secret(JSON.stringify({ verifier: verifier.reveal(), dpop_key: proofKey.reveal() }));
}

/** A verifier has no brace in it (RFC 7636, section 4.1). */
export function readKept(text: Secret): Kept {
  const written = text.reveal();
  if (!written.startsWith('{')) return { verifier: text, proofKey: undefined };
  const { verifier, dpop_key: proofKey } = JSON.parse(written) as {
    readonly verifier: string;
    readonly dpop_key: string;
  };
  return { verifier: new Secret(verifier), proofKey: new Secret(proofKey) };
}
