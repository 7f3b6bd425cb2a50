/** As much of the package as the tests use; it comes without types of its own. */
declare module 'simple-oauth2' {
  export interface Options {
    readonly client: { readonly id: string; readonly secret: string };
    readonly auth: {
      readonly tokenHost: string;
      readonly tokenPath: string;
      readonly authorizePath: string;
      readonly revokePath?: string;
    };
    readonly options: {
      readonly authorizationMethod: 'header' | 'body';
      readonly credentialsEncodingMode?: 'strict' | 'loose';
    };
  }

  export class AccessToken {
    readonly token: Readonly<Record<string, unknown>>;
    refresh(params?: Readonly<Record<string, string>>): Promise<AccessToken>;
    revoke(type: 'access_token' | 'refresh_token'): Promise<unknown>;
    revokeAll(): Promise<unknown>;
  }

  export class AuthorizationCode {
    constructor(options: Options);
    authorizeURL(params: Readonly<Record<string, string>>): string;
    getToken(params: Readonly<Record<string, string>>): Promise<AccessToken>;
    createToken(token: Readonly<Record<string, unknown>>): AccessToken;
  }
}
