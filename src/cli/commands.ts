import type { Command } from 'commander';
import type { Cli } from './cli.ts';

/** Adds a command to the program. */
export type Register = (program: Command, cli: Cli) => void;

/** One file a command, loaded when it is the one that runs, in the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<Register>>> = {
  up: async () => (await import('./commands/up.ts')).registerUp,
  connect: async () => (await import('./commands/connect.ts')).registerConnect,
  import: async () => (await import('./commands/import.ts')).registerImport,
  connections: async () => (await import('./commands/connections.ts')).registerConnections,
  show: async () => (await import('./commands/show.ts')).registerShow,
  token: async () => (await import('./commands/token.ts')).registerToken,
  'id-token': async () => (await import('./commands/id-token.ts')).registerIdToken,
  renew: async () => (await import('./commands/renew.ts')).registerRenew,
  revoke: async () => (await import('./commands/revoke.ts')).registerRevoke,
  call: async () => (await import('./commands/call.ts')).registerCall,
  post: async () => (await import('./commands/post.ts')).registerPost,
  posts: async () => (await import('./commands/posts.ts')).registerPosts,
  schedule: async () => (await import('./commands/schedule.ts')).registerSchedule,
  metrics: async () => (await import('./commands/metrics.ts')).registerMetrics,
  'api-keys': async () => (await import('./commands/api-keys.ts')).registerApiKeys,
  webhooks: async () => (await import('./commands/webhooks.ts')).registerWebhooks,
  vault: async () => (await import('./commands/vault.ts')).registerVault,
  doctor: async () => (await import('./commands/doctor.ts')).registerDoctor,
  migrate: async () => (await import('./commands/migrate.ts')).registerMigrate,
  'migrate-store': async () => (await import('./commands/migrate-store.ts')).registerMigrateStore,
  backup: async () => (await import('./commands/backup.ts')).registerBackup,
  adopt: async () => (await import('./commands/adopt.ts')).registerAdopt,
  demo: async () => (await import('./commands/demo.ts')).registerDemo,
  simulate: async () => (await import('./commands/simulate.ts')).registerSimulate,
};

export interface FoundCommand {
  /** Absent: none was named that there is; then all are there, for the help and for suggestions. */
  readonly name: string | undefined;
  register(program: Command, cli: Cli): Promise<void>;
}

/** The command that the arguments name. Only its file is loaded: a start is to be felt as little as possible. */
export function findCommand(argv: readonly string[]): FoundCommand {
  const word = argv.find((arg, index) => !arg.startsWith('-') && argv[index - 1] !== '--lang');
  const name = word !== undefined && Object.hasOwn(COMMANDS, word) ? word : undefined;
  const loaders = name === undefined ? Object.values(COMMANDS) : [COMMANDS[name]];
  return {
    name,
    async register(program, cli) {
      for (const load of loaders) (await load?.())?.(program, cli);
    },
  };
}
