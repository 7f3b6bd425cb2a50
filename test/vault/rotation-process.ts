import { Secret } from '../../src/model/secret.ts';
import { parseKeyRing } from '../../src/vault/key-ring.ts';
import { rotateVault } from '../../src/vault/rotate.ts';
import { RingVault } from '../../src/vault/vault.ts';
import { FileHomeStore } from './file-home-store.ts';
import { random } from './rings.ts';

/** Rotates the store in a file and dies, as by a power cut, at one of its writes: `FILE RING before|after WRITE`. */
const [file = '', ring = '', moment, lastWrite] = process.argv.slice(2);
let writes = 0;
const store = new FileHomeStore(file, (now) => {
  if (now === 'before') writes += 1;
  if (now === moment && writes === Number(lastWrite)) process.kill(process.pid, 'SIGKILL');
});
const vault = new RingVault(parseKeyRing(new Secret(ring), 'KIPPU_KEYS'), random);
const report = await rotateVault({ home: store.port, vault, random, pageSize: 4 });
process.stdout.write(JSON.stringify(report));
