/** Something that the person at the keyboard can mend. The message says in one line what happened and what to do. */
export class InstallFailure extends Error {
  constructor(message, { exitCode = 1, details } = {}) {
    super(message);
    this.exitCode = exitCode;
    /** What npm printed, where the one line cannot carry it. */
    this.details = details;
  }
}

/** The failures of npm that have a remedy, told by the code that npm prints. */
const REMEDIES = [
  {
    codes: ['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'ENETUNREACH', 'EHOSTUNREACH'],
    says: ({ code, address }) =>
      `The npm registry cannot be reached (${code}${address}): check the network and npm's proxy settings, then try again.`,
  },
  {
    codes: ['ERR_SOCKET_TIMEOUT', 'FETCH_ERROR', 'EIDLETIMEOUT', 'E500', 'E502', 'E503', 'E504', 'E429'],
    says: ({ code }) => `The npm registry does not answer properly now (${code}): try again in a few minutes.`,
  },
  {
    codes: [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'CERT_HAS_EXPIRED',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
    ],
    says: ({ code }) =>
      `The npm registry's certificate is not trusted here (${code}): set npm's "cafile" to your proxy's certificate, then try again.`,
  },
  {
    codes: ['E401', 'E403', 'E407'],
    says: ({ code }) =>
      `The npm registry refuses this machine (${code}): check npm's registry and proxy settings, then try again.`,
  },
  {
    codes: ['E404', 'ETARGET'],
    says: ({ first }) =>
      `The npm registry does not have a package that is needed (${first}): point npm at a complete registry.`,
  },
  {
    codes: ['ENOTCACHED'],
    says: () =>
      `npm is set to work offline and its cache does not hold everything: run once with "npm_config_offline=false".`,
  },
  {
    codes: ['EINTEGRITY'],
    says: () =>
      `A downloaded package is not the one that package-lock.json names (EINTEGRITY): run "npm cache clean --force" and try again; do not go on if it stays.`,
  },
  {
    codes: ['EUSAGE'],
    says: () =>
      `package.json and package-lock.json do not agree: run "npm install --package-lock-only", or take both from git again.`,
  },
  {
    codes: ['ENOSPC', 'EDQUOT'],
    says: () => `The disk is full: free about 1 GB here and in npm's cache folder, then try again.`,
  },
  {
    codes: ['EACCES', 'EPERM', 'EROFS'],
    says: ({ code, path }) => `${path} cannot be written (${code}): make it writable for this user, then try again.`,
  },
];

/** Turns what npm printed into a failure with a remedy. */
export function npmFailure(output, what) {
  const lines = output.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, ''));
  const field = (name) => lines.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);
  const code = field('code') ?? /TAR_ENTRY_ERROR (E[A-Z]+)/.exec(output)?.[1] ?? 'unknown';
  const known = REMEDIES.find(({ codes }) => codes.includes(code));
  if (known === undefined) {
    return new InstallFailure(`${what} failed (${code}): what npm said is below.`, { details: output.trim() });
  }
  const refused = /E[A-Z_]+ (\S+:\d+)/.exec(output)?.[1];
  return new InstallFailure(
    known.says({
      code,
      address: refused === undefined ? '' : ` ${refused}`,
      first: lines.find((line) => /^(404|notarget) \S/.test(line))?.replace(/^\w+ /, '') ?? code,
      path: field('path') ?? 'A folder that npm needs',
    }),
  );
}

/** The same for what Node itself throws while we make and move folders. */
export function fileFailure(error) {
  const known = REMEDIES.find(({ codes }) => codes.includes(error.code) && /^(EN|ED|EA|EP|ER)/.test(error.code));
  if (error.code === 'EBUSY' || error.code === 'ENOTEMPTY') {
    return new InstallFailure(`${error.path} is in use (${error.code}): stop the running kippu, then try again.`);
  }
  if (known === undefined || error.path === undefined) return error;
  return new InstallFailure(known.says({ code: error.code, path: error.path, address: '', first: '' }));
}
