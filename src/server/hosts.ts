import { isLoopbackAddress } from '../app/exposure.ts';
import { HttpError } from './problem.ts';

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD']);
const FORWARDED_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** A loopback name may come with any port. */
const SEEN_MAX = 100;

/** Under which names this server is asked, and by whom. */
export class Hosts {
  readonly #publicOrigin: string;
  readonly #publicHost: string;
  readonly #listening = new Set<string>();
  readonly #seen = new Set<string>();

  constructor(publicUrl: string) {
    const url = new URL(publicUrl);
    this.#publicOrigin = url.origin;
    this.#publicHost = url.host;
  }

  /** It is asked under the address that it listens on, too. */
  add(host: string): void {
    this.#listening.add(hostnameOf(host.includes(':') && !host.startsWith('[') ? `[${host}]` : host));
  }

  /**
   * A page that resolves its own name to this machine must not be able to speak to us (DNS rebinding). A loopback name
   * is fine on any port: no page can have it, and who forwards a port asks for another one than we listen on.
   *
   * Throws a 421.
   */
  check(request: Request): void {
    const host = hostOf(request);
    if (this.#isOurs(host)) {
      if (this.#seen.size >= SEEN_MAX) this.#seen.clear();
      this.#seen.add(host);
      return;
    }
    throw new HttpError(
      421,
      'invalid',
      `Kippu is not asked under this name. Use ${this.#publicOrigin}, or set KIPPU_PUBLIC_URL to the address that users see.`,
    );
  }

  /** Whether a request to exactly this host has passed {@link check} before. */
  hasSeen(host: string): boolean {
    return this.#seen.has(host);
  }

  #isOurs(host: string): boolean {
    if (host === this.#publicHost) return true;
    const hostname = hostnameOf(host);
    return isLoopbackAddress(hostname) || this.#listening.has(hostname);
  }

  /**
   * Whether one of our own pages, or the user himself at his address bar, made the browser send this. What says
   * nothing of where it comes from may look and not touch.
   */
  isFromOurPage(request: Request): boolean {
    const isSafe = SAFE_METHODS.has(request.method);
    const site = request.headers.get('sec-fetch-site');
    if (site !== null) return site === 'same-origin' || (site === 'none' && isSafe);
    const origin = request.headers.get('origin');
    if (origin === null) return isSafe;
    return origin === this.#publicOrigin || (URL.canParse(origin) && new URL(origin).host === hostOf(request));
  }

  /** Whether it came over loopback, straight and not through a proxy. */
  isOnThisMachine(request: Request, peerAddress: string | undefined): boolean {
    if (peerAddress === undefined || !isLoopbackAddress(peerAddress.replace(/^::ffff:/, ''))) return false;
    return (
      isLoopbackAddress(hostnameOf(hostOf(request))) && FORWARDED_HEADERS.every((name) => !request.headers.has(name))
    );
  }
}

/** In process there is no header: then the request's own address says it. */
function hostOf(request: Request): string {
  return (request.headers.get('host') ?? new URL(request.url).host).toLowerCase();
}

function hostnameOf(host: string): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
}
