import { peer } from '../world/peers.ts';
import { CLIENT, type Provider } from '../world/provider.ts';

/** Clients that renew and store nothing: an application does that around them. A token of theirs goes from call to call. */
export interface RenewingClient {
  renew(): Promise<void>;
}

interface SimpleToken {
  readonly token: object;
  refresh(): Promise<SimpleToken>;
}

interface SimpleOauth2 {
  AuthorizationCode: new (options: object) => { createToken(token: object): SimpleToken };
}

export async function simpleOauth2({ url, tokenUrl }: Provider): Promise<RenewingClient> {
  const { AuthorizationCode } = await peer<SimpleOauth2>('simple-oauth2');
  const client = new AuthorizationCode({
    client: CLIENT,
    auth: { tokenHost: url, tokenPath: new URL(tokenUrl).pathname },
    options: { authorizationMethod: 'header' },
  });
  let token = client.createToken({ refresh_token: `simple-${Math.random()}`.padEnd(90, 'r') });
  return {
    async renew() {
      token = await token.refresh();
    },
  };
}

interface OpenidClient {
  Configuration: new (server: object, clientId: string, clientSecret: string, authentication: unknown) => object;
  ClientSecretBasic: (clientSecret: string) => unknown;
  allowInsecureRequests: (configuration: object) => void;
  refreshTokenGrant: (
    configuration: object,
    refreshToken: string,
  ) => Promise<{ readonly refresh_token?: string | undefined }>;
}

export async function openidClient({ url, tokenUrl }: Provider): Promise<RenewingClient> {
  const client = await peer<OpenidClient>('openid-client');
  const server = { issuer: url, token_endpoint: tokenUrl };
  const configuration = new client.Configuration(
    server,
    CLIENT.id,
    CLIENT.secret,
    client.ClientSecretBasic(CLIENT.secret),
  );
  client.allowInsecureRequests(configuration);
  let refreshToken = `openid-${Math.random()}`.padEnd(90, 'r');
  return {
    async renew() {
      const answer = await client.refreshTokenGrant(configuration, refreshToken);
      refreshToken = answer.refresh_token ?? refreshToken;
    },
  };
}
