import { SqliteDatabase, type Params, type Row } from '../../src/store/sqlite/database.ts';

/** Remembers the text of every statement that it runs. */
export class RecordingDatabase extends SqliteDatabase {
  readonly statements = new Set<string>();

  override get(sql: string, params: Params = {}): Row | undefined {
    this.statements.add(sql);
    return super.get(sql, params);
  }

  override all(sql: string, params: Params = {}): Row[] {
    this.statements.add(sql);
    return super.all(sql, params);
  }

  override run(sql: string, params: Params = {}): number {
    this.statements.add(sql);
    return super.run(sql, params);
  }
}
