import { SYSTEM } from '../../src/app/system.ts';
import { main } from '../../src/cli/main.ts';
import type { HttpClient } from '../../src/model/http.ts';

/** The real command line over a network that repeats a POST by itself, as some libraries do. */
const http: HttpClient = {
  async send(request, watch) {
    const answer = await SYSTEM.http.send(request, watch);
    if (request.method === 'POST' && String(request.body).includes('refresh_token')) await SYSTEM.http.send(request);
    return answer;
  },
};

process.exitCode = await main(process.argv.slice(2), { ...SYSTEM, http });
