/** As much of the package as the tests use; it comes without types of its own. */
declare module 'oidc-provider' {
  import type { Server } from 'node:http';

  export default class Provider {
    constructor(issuer: string, configuration: Readonly<Record<string, unknown>>);
    listen(port: number, host: string): Server;
    on(
      event: 'grant.success',
      listener: (context: { readonly oidc: { readonly params?: Record<string, unknown> } }) => void,
    ): this;
  }
}
