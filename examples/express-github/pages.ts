import { KippuError, type DeviceCode } from 'kippu';

export type Repository = { readonly full_name: string; readonly private: boolean };
export type Account = { id: string; name: string; repositories: readonly Repository[] | KippuError };

export function homePage(accounts: readonly Account[]): string {
  const ways = `${button('/connect', 'In this browser')} ${button('/device', 'On another device')}`;
  return page('Your repositories', `${accounts.map(section).join('')}<h2>Connect GitHub</h2>${ways}`);
}

function section({ id, name, repositories }: Account): string {
  const isLost = repositories instanceof KippuError && repositories.reauthRequired;
  return `<section><h2>${escape(name)}</h2>${
    repositories instanceof KippuError
      ? `<p role="alert">${inPlainWords(repositories)}</p>`
      : `<ul>${repositories.map((one) => `<li>${escape(one.full_name)}${one.private ? ' (private)' : ''}`).join('')}</ul>`
  } ${isLost ? button('/connect', 'Connect again', id) : ''} ${button('/disconnect', 'Disconnect', id)}</section>`;
}

export function devicePage({ userCode, verificationUri: uri }: DeviceCode): string {
  const todo = `<p>Open <a href="${escape(uri)}" target="_blank">${escape(uri)}</a> and type</p>`;
  const code = `<p class="code">${escape(userCode)}</p><p>This page goes on by itself. <a href="/">Leave it</a></p>`;
  return page('On another device', `<meta http-equiv="refresh" content="2">${todo}${code}`);
}

export const troublePage = (error: unknown): string =>
  page('That did not work', `<p role="alert">${inPlainWords(error)}</p><p><a href="/">Back</a></p>`);

function inPlainWords(error: unknown): string {
  if (!(error instanceof KippuError)) return 'Something went wrong here. It is in the log.';
  if (error.reauthRequired) return 'GitHub no longer lets this application in. Connect the account again.';
  if (error.retryable) return 'GitHub does not answer properly now. Nothing is lost: try again in a minute.';
  return escape(error.message);
}

function button(action: string, text: string, connection = ''): string {
  const field = connection === '' ? '' : `<input type="hidden" name="connection" value="${escape(connection)}">`;
  return `<form method="post" action="${action}">${field}<button>${text}</button></form>`;
}

const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);

const page = (title: string, body: string): string => `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${title}</title><style>:root { color-scheme: light dark }
body { max-width: 36rem; margin: 3rem auto; padding: 0 1rem; font: 16px/1.5 system-ui } form { display: inline }
button { font: inherit; padding: .4rem 1rem } .code { font: 700 2rem monospace } section { margin-block: 2rem }</style>
<h1>${title}</h1>${body}`;
