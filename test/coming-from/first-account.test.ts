import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { CLIENT_ID, CliWorld } from '../cli/cli-world.ts';
import { guideText } from '../docs/guide-blocks.ts';
import { App, sendTo } from '../sim/sim-world.ts';

/** The commands with which the guide tries one account, as a reader types them. */
function commandsOf(guide: string): string[] {
  const fences = guideText(guide).matchAll(/^```sh\n([\s\S]*?)^```$/gm);
  const [fence = ''] = [...fences].map(([, text = '']) => text).filter((text) => text.includes('alice.json'));
  return fence
    .split('\n')
    .map((line) => line.replace(/\s+#.*$/, ''))
    .filter((line) => line !== '');
}

for (const guide of ['coming-from.md', 'coming-from.ja.md'])
  test(`the one account that is tried first is imported, and really renewed: ${guide}`, async () => {
    await using world = await CliWorld.create();
    const { sim } = world;
    const brought = await new App(sendTo(sim.url), { id: CLIENT_ID }, sim).connect('alice');
    const { access_token, refresh_token, scope, expires_in } = brought;
    const expires_at = Date.now() / 1000 + Number(expires_in);
    const file = path.join(world.directory, 'alice.json');
    writeFileSync(file, JSON.stringify({ access_token, refresh_token, scope, expires_at }));
    const commands = commandsOf(guide);
    assert.ok(commands.length >= 2, commands.join());
    for (const command of commands) {
      const [kippu, ...args] = command.split(/\s+/);
      assert.equal(kippu, 'kippu');
      const { code, stderr } = await world.run(args);
      assert.equal(code, 0, `${command}: ${stderr}`);
    }
    const { counts } = sim.state();
    assert.deepEqual([counts.renewals, counts.presentedTwice], [1, 0]);
    const { stdout } = await world.run(['token', 'x:alice']);
    assert.notEqual(stdout.trim(), access_token, 'it still has what was brought');
    const headers = { authorization: `Bearer ${stdout.trim()}` };
    assert.equal((await fetch(`${sim.url}/2/users/me`, { headers })).status, 200);
  });
