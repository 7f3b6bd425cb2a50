import { KippuError } from '../../model/errors.ts';

/** Only the server's own tools copy a database while it is written. */
export function noBackup(): KippuError {
  return new KippuError(
    'invalid',
    'A PostgreSQL database is not copied by Kippu. Use pg_dump, pg_basebackup or your host’s backups, and keep the key ring ' +
      'apart from them. A copy that is restored elsewhere holds its worker until `kippu adopt` says which one is real.',
    { where: 'FILE' },
  );
}
