import type { ProviderAppOptions } from '../../providers/provider-app.ts';

/** Our registration at a provider that describes itself. */
export interface IssuerRegistration {
  /** The provider's id here: it names variables, the callback's path and connections. */
  readonly id: string;
  /** As people write it. */
  readonly name: string;
  /** The issuer identifier, to the letter (RFC 8414, section 2). */
  readonly issuer: string;
  readonly options: Omit<ProviderAppOptions, 'issuer' | 'baseUrl' | 'host'>;
}
