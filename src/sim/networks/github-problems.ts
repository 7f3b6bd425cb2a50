import { jsonReply, type Reply } from '../wire.ts';

/** A dead, a wrong or no token. */
export function badCredentials(): Reply {
  return jsonReply(401, {
    message: 'Bad credentials',
    documentation_url: 'https://docs.github.com/rest',
    status: '401',
  });
}

export function userAgentMissing(): Reply {
  return {
    status: 403,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: 'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.',
  };
}

export function rateLimited(userNumber: number): Reply {
  return jsonReply(403, {
    message: `API rate limit exceeded for user ID ${userNumber}.`,
    documentation_url: 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api',
  });
}
