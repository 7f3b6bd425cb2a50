import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SealedRow, SealedRowKey } from '../../../src/model/home-store.ts';
import type { NodeId } from '../../../src/model/ids.ts';
import {
  APP,
  attachment,
  claimed,
  connected,
  consent,
  failed,
  HOME,
  renewed,
  stored,
} from '../../support/store-samples.ts';
import type { Suite } from './under-test.ts';

export const HOMES: Suite = {
  'a home is founded once': async ({ store, other }) => {
    assert.equal(await other.home.found({ ...HOME, storeId: 'another' }), false);
    assert.deepEqual(
      { ...(await store.home.read()), keyCheck: 0, fingerprintKey: 0 },
      { ...HOME, keyCheck: 0, fingerprintKey: 0 },
    );
  },
  'an adopted copy has another identity and no stamp; a restored one doubts every grant that can be in doubt': async ({
    store,
    clock,
  }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    const bob = await connected(store, 'bob', clock.nowMs(), { refreshFingerprint: undefined });
    const carol = await connected(store, 'carol', clock.nowMs());
    const inFlight = await claimed(store, carol);
    await store.home.adopt('here', false);
    assert.equal((await stored(store, alice)).state, 'active');
    await store.home.adopt('here', true);
    assert.deepEqual([(await store.home.read())?.identity, (await store.home.read())?.stamp], ['here', undefined]);
    assert.deepEqual(await Promise.all([alice, bob, carol].map(async (each) => (await stored(store, each)).state)), [
      'uncertain',
      'active',
      'active',
    ]);
    assert.equal((await stored(store, carol)).openAttempt?.id, inFlight.attemptId, 'it has its question already');
    const credential = await stored(store, alice);
    assert.deepEqual(
      [credential.openAttempt?.outcome, credential.openAttempt?.sender.machine, credential.dueAtMs],
      ['unanswered', '', clock.nowMs()],
    );
    await store.home.adopt('here', true);
    assert.equal((await store.credentials.attempts(alice.id, 9)).length, 1);
  },
  'a backup is a whole copy that says so, or is refused': async ({ store, clock, openBackup }) => {
    if (openBackup === undefined) {
      await assert.rejects(store.home.backup('copy'), { code: 'invalid' });
      return;
    }
    const directory = mkdtempSync(join(tmpdir(), 'kippu-backup-'));
    try {
      const alice = await connected(store, 'alice', clock.nowMs());
      const file = join(directory, 'copy.db');
      await store.home.backup(file);
      await connected(store, 'bob', clock.nowMs());
      const copy = await openBackup(file);
      assert.match((await copy.home.read())?.stamp ?? '', /^backup of 2026-11-21T/);
      assert.deepEqual((await copy.connections.list({ limit: 9 })).items, [alice]);
      await copy.close();
      assert.equal((await store.home.read())?.stamp, undefined);
      await assert.rejects(store.home.backup(file), 'a backup overwrites nothing');
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
  'every sealed value is listed, page by page, with all that opens it': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs(), { owner: 'o' });
    const revoked = await connected(store, 'bob', clock.nowMs());
    await store.connections.settleRevoked(await claimed(store, revoked, { purpose: 'revocation' }), {
      atProvider: true,
    });
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    await store.credentials.settleRenewed(renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs()));
    await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2b', clock.nowMs()));
    const open = consent(clock.nowMs(), { sealed: Uint8Array.of(5), generation: 'cg' });
    for (const each of [open, consent(clock.nowMs())]) await store.consents.create(each);
    for (const limit of [1, 2, 100]) {
      const rows: SealedRow[] = [];
      let after: SealedRowKey | undefined;
      for (;;) {
        const page = await store.home.sealedRows(after, limit);
        assert.ok(page.length <= limit);
        if (page.length === 0) break;
        rows.push(...page);
        after = page.at(-1);
      }
      const [orphan] = await store.credentials.orphans(alice.id);
      assert.deepEqual(
        rows
          .map(({ table, rowId, bindingTable, bindingRowId, owner, generation }) =>
            [table, rowId, bindingTable, bindingRowId, owner, generation].join(' '),
          )
          .toSorted(),
        [
          `consents ${open.id} consents ${open.id}  cg`,
          `credentials ${alice.id} credentials ${alice.id} o generation of alice 2`,
          'home fingerprint_key home fingerprint_key  f1',
          'home key_check home key_check  k1',
          `orphans ${orphan!.id} credentials ${alice.id} o generation of alice 2b`,
        ],
      );
    }
  },
  'a value is sealed anew only over what was read': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.consents.create(consent(clock.nowMs(), { sealed: Uint8Array.of(5), generation: 'cg' }));
    const late = await claimed(store, alice);
    await clock.advance(60_000);
    await store.credentials.settleRenewed(renewed(await claimed(store, alice), 'alice 1', 'alice 2', clock.nowMs()));
    await store.credentials.settleRenewed(renewed(late, 'alice 1', 'alice 2b', clock.nowMs()));
    const rows = await store.home.sealedRows(undefined, 99);
    assert.equal(rows.length, 5);
    const { version } = await stored(store, alice);
    for (const row of rows) {
      const anew = { sealed: Buffer.from(`anew ${row.table}`), generation: `anew ${row.rowId}` };
      assert.equal(await store.home.reseal({ ...row, generation: 'another' }, anew), false);
      assert.equal(await store.home.reseal(row, anew), true);
      assert.equal(await store.home.reseal(row, anew), false);
    }
    const now = await store.home.sealedRows(undefined, 99);
    for (const row of now) assert.equal(Buffer.from(row.sealed).toString(), `anew ${row.table}`);
    assert.equal((await stored(store, alice)).version, version, 'the tokens are the same');
  },
  'a node’s word about its spool is kept, and the last one counts': async ({ store, other }) => {
    const node = 'node' as NodeId;
    assert.equal(await store.home.spoolEmptyAtMs(node), undefined);
    await store.home.reportSpoolEmpty(node, 5);
    await other.home.reportSpoolEmpty(node, 7);
    assert.equal(await store.home.spoolEmptyAtMs(node), 7);
    assert.equal(await store.home.spoolEmptyAtMs('another' as NodeId), undefined);
  },
  'registering an app again keeps what is known of it, unless its secret has changed': async ({ store, clock }) => {
    const alice = await connected(store, 'alice', clock.nowMs());
    await store.credentials.settleFailed(
      failed(await claimed(store, alice), 'misconfigured', clock.nowMs(), { concerns: 'app', error: 'wrong secret' }),
    );
    const app = async () => (await store.home.apps()).find(({ id }) => id === APP.id);
    await store.home.registerApps([APP]);
    assert.deepEqual(
      [(await app())?.misconfiguredSinceMs, (await app())?.error, (await app())?.holdUntilMs],
      [clock.nowMs(), 'wrong secret', clock.nowMs() + 5000],
    );
    await store.home.registerApps([{ ...APP, secretHash: 'changed' }]);
    assert.deepEqual(
      [(await app())?.misconfiguredSinceMs, (await app())?.error, (await app())?.holdUntilMs],
      [undefined, undefined, undefined],
    );
    assert.equal(
      (await stored(store, alice)).holdUntilMs,
      undefined,
      'the connection has no hold that outlives the app’s',
    );
  },
  'the store’s own sealed values can be replaced': async ({ store }) => {
    await store.home.setKeyCheck({ sealed: Uint8Array.of(9), generation: 'k2' });
    await store.home.setFingerprintKey({ sealed: Uint8Array.of(8), generation: 'f2' });
    const home = await store.home.read();
    assert.deepEqual(
      [
        home?.keyCheck.generation,
        home?.fingerprintKey.generation,
        home?.keyCheck.sealed[0],
        home?.fingerprintKey.sealed[0],
      ],
      ['k2', 'f2', 9, 8],
    );
  },
  'a closed store takes nothing any more': async ({ store, clock }) => {
    await store.close();
    await assert.rejects(store.connections.attach(attachment('late', clock.nowMs())), /closed/);
  },
};
