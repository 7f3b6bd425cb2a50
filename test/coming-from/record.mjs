import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { simulate } from '../../src/sim/index.ts';

/**
 * Records what Auth.js and Better Auth keep of a user who signed in at X, with the real packages and a simulated X:
 *
 *     npm install --prefix FOLDER @auth/core@0.41.3 better-auth@1.7.25
 *     node test/coming-from/record.mjs FOLDER
 *
 * They do not get along with the project's own packages, and what they write changes rarely: so it is kept in files
 * beside this one, together with their versions.
 */
const [folder = ''] = process.argv.slice(2);
const APP = { id: 'app17', secret: 'a-secret' };
const ORIGIN = 'http://127.0.0.1:4180';
const SCOPES = 'users.read tweet.read offline.access';

const send = globalThis.fetch;
async function record(name, packageName, signIn) {
  const { version } = manifest(packageName);
  const row = await signIn();
  const file = new URL(`${name}.json`, import.meta.url);
  writeFileSync(file, `${JSON.stringify({ package: packageName, version, row }, undefined, 2)}\n`);
  console.log(`${packageName} ${version}: ${Object.keys(row).join(', ')}`);
}

async function signInWithAuthjs() {
  const { Auth, customFetch } = await load('@auth/core', '.');
  const { default: Twitter } = await load('@auth/core', './providers/twitter');
  const x = await simulatedX(`${ORIGIN}/auth/callback/twitter`);
  const linked = [];
  const config = {
    secret: 'a'.repeat(32),
    trustHost: true,
    basePath: '/auth',
    adapter: adapterThatLinks(linked),
    session: { strategy: 'jwt' },
    providers: [
      {
        ...Twitter({ clientId: APP.id, clientSecret: APP.secret }),
        authorization: `https://x.com/i/oauth2/authorize?scope=${encodeURIComponent(SCOPES)}`,
        [customFetch]: x.fetch,
      },
    ],
  };
  const browser = new Browser((request) => Auth(request, config));
  const { csrfToken } = await (await browser.visit('/auth/csrf')).json();
  const departure = await browser.visit('/auth/signin/twitter', {
    method: 'POST',
    body: new URLSearchParams({ csrfToken, callbackUrl: ORIGIN }),
  });
  await browser.visit(x.consent(departure.headers.get('location'), { user: 'alice' }));
  await x.close();
  if (linked.length !== 1) throw new Error('Auth.js linked no account.');
  return linked[0];
}

/** What an adapter is asked for at a first sign-in; the account is what it would insert. */
function adapterThatLinks(linked) {
  const users = [];
  return {
    getUserByAccount: async () => null,
    getUserByEmail: async () => null,
    getUser: async (id) => users.find((user) => user.id === id) ?? null,
    createUser: async (user) => {
      users.push(user);
      return user;
    },
    linkAccount: async (account) => void linked.push(account),
  };
}

async function signInWithBetterAuth() {
  const { betterAuth } = await load('better-auth', '.');
  const { memoryAdapter } = await load('better-auth', './adapters/memory');
  const x = await simulatedX(`${ORIGIN}/api/auth/callback/twitter`);
  globalThis.fetch = x.fetch;
  try {
    const tables = { user: [], session: [], account: [], verification: [] };
    const auth = betterAuth({
      baseURL: ORIGIN,
      secret: 'a-secret-for-this-recording-of-better-auth',
      database: memoryAdapter(tables),
      socialProviders: {
        twitter: {
          clientId: APP.id,
          clientSecret: APP.secret,
          disableDefaultScope: true,
          scope: SCOPES.split(' '),
          mapProfileToUser: () => ({ email: 'alice@example.com' }),
        },
      },
    });
    const browser = new Browser((request) => auth.handler(request));
    const departure = await browser.visit('/api/auth/sign-in/social', {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: ORIGIN },
      body: JSON.stringify({ provider: 'twitter', callbackURL: `${ORIGIN}/` }),
    });
    const { url } = await departure.json();
    const back = await browser.visit(x.consent(url, { user: 'alice' }));
    const [account] = tables.account;
    if (account === undefined) throw new Error(`Better Auth kept no account: ${back.headers.get('location')}`);
    return account;
  } finally {
    globalThis.fetch = send;
    await x.close();
  }
}

async function simulatedX(redirectUri) {
  const sim = await simulate('x', { clients: [{ ...APP, redirectUris: [redirectUri] }] });
  return {
    consent: sim.consent,
    /** Whatever X's address is, the simulator answers. */
    fetch: async (input, init) => {
      const request = new Request(input, init);
      const { pathname, search } = new URL(request.url);
      const body = request.body === null ? {} : { body: await request.arrayBuffer() };
      return send(sim.url + pathname + search, { method: request.method, headers: request.headers, ...body });
    },
    close: () => sim.close(),
  };
}

/** Keeps cookies and follows nothing. */
class Browser {
  #cookies = new Map();

  constructor(handle) {
    this.handle = handle;
  }

  async visit(address, init = {}) {
    const headers = new Headers(init.headers);
    headers.set('cookie', [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const answer = await this.handle(new Request(new URL(address, ORIGIN), { ...init, headers }));
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair] = cookie.split(';');
      this.#cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return answer;
  }
}

function manifest(name) {
  return JSON.parse(readFileSync(path.join(folder, 'node_modules', name, 'package.json'), 'utf8'));
}

async function load(name, subpath) {
  const { exports } = manifest(name);
  const found = exports[subpath] ?? exports[subpath.replace(/[^/]+$/, '*')];
  const pick = (target) => (typeof target === 'string' ? target : pick(target.import ?? target.default));
  const file = pick(found).replace('*', subpath.split('/').at(-1));
  return import(pathToFileURL(path.join(folder, 'node_modules', name, file)).href);
}

await record('authjs', '@auth/core', signInWithAuthjs);
await record('better-auth', 'better-auth', signInWithBetterAuth);
