import type { App } from '../../app/open.ts';
import type { Gate } from '../gate.ts';

/** What a page is served with. */
export interface PageContext {
  readonly app: App;
  readonly gate: Gate;
  readonly request: Request;
  readonly params: Readonly<Record<string, string>>;
}

export interface PageRoute {
  readonly method: 'GET' | 'POST';
  /** With `:name` for a part that varies. */
  readonly path: string;
  serve(context: PageContext): Promise<Response>;
}

export const PAGES: readonly PageRoute[] = [];
