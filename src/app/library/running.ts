import { KippuError } from '../../model/errors.ts';
import type { EventType } from '../../model/event.ts';
import { Listeners, type Listener } from '../../notify/listeners.ts';
import { openApp, type App, type Outside } from '../open.ts';
import { Worker } from '../worker.ts';
import { appOptionsOf, type KippuOptions } from './options.ts';
import { tellEvents } from './telling.ts';

export type { Listener } from '../../notify/listeners.ts';

interface Running {
  readonly app: App;
  readonly worker: Worker;
}

/** The whole behind the library's calls, opened by the first of them. */
export class RunningKippu {
  readonly #options: KippuOptions;
  readonly #outside: Outside;
  readonly #listeners: Listeners;
  readonly #stop = new AbortController();
  #running: Promise<Running> | undefined;
  #listening: Promise<void> | undefined;

  constructor(options: KippuOptions, outside: Outside) {
    this.#options = options;
    this.#outside = outside;
    this.#listeners = new Listeners((error, event) => {
      options.log?.error({ err: error, event: event.type }, 'a listener failed');
    });
  }

  async app(): Promise<App> {
    this.#running ??= this.#open();
    return (await this.#running).app;
  }

  on(type: EventType | '*', listener: Listener): () => void {
    const stop = this.#listeners.on(type, listener);
    // What is wrong with the store is told by whoever asks it for something; a listener only hears nothing.
    this.#listening ??= this.#listen().catch((error: unknown) => {
      this.#options.log?.error({ err: error }, 'listeners hear of nothing: the store could not be opened');
    });
    return stop;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#listening;
    const running = await this.#running?.catch(() => undefined);
    await running?.worker.stop();
    await running?.app.close();
    this.#running = Promise.reject(new KippuError('store_unavailable', 'This Kippu is closed.'));
    this.#running.catch(() => undefined);
  }

  async #open(): Promise<Running> {
    const app = await openApp(appOptionsOf(this.#options, this.#outside));
    const worker = new Worker(app);
    if (this.#options.worker !== false) worker.start();
    return { app, worker };
  }

  async #listen(): Promise<void> {
    await tellEvents(this.#listeners, this.#stop.signal, await this.app());
  }
}
