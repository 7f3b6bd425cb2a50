import { BlockList, isIP } from 'node:net';
import { KippuError } from '../../model/errors.ts';

/** Where webhooks may go. */
export interface AddressRules {
  /** Throws `invalid`, saying why nothing may be sent to this URL. */
  check(url: string): URL;
  /** Whether an address that the URL's name leads to may be connected to. */
  mayConnect(url: URL, address: string): boolean;
}

/**
 * Networks that are not the public internet: a webhook to one of them would let whoever may set a webhook reach what is
 * behind the firewall. IANA's special-purpose registries (RFC 6890), with multicast and what translates to IPv4.
 */
const NOT_PUBLIC = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '::ffff:0:0:0/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

const LOOPBACK = ['127.0.0.0/8', '::1/128'];

/** `allowed` are the networks that the operator opens, as `10.1.0.0/16` or `192.168.0.7`. Throws `invalid`. */
export function addressRules(allowed: readonly string[]): AddressRules {
  const opened = networks(allowed);
  // Read when an address is first looked at: most commands never do, and reading all of them takes a while.
  let known: { readonly closed: BlockList; readonly loopback: BlockList } | undefined;
  const mayConnect = (url: URL, address: string): boolean => {
    known ??= { closed: networks(NOT_PUBLIC), loopback: networks(LOOPBACK) };
    // Who names this machine means it; a name on the internet that leads here does not.
    if (isLoopbackName(hostOf(url))) return isIn(known.loopback, address);
    return isIn(opened, address) || !isIn(known.closed, address);
  };
  return {
    mayConnect,
    check(text) {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      if (url === undefined)
        // Without repeating it: it may have a password or a token in it.
        throw invalid('This is not a URL. Give one such as https://app.example/kippu-events.');
      if (url.username !== '' || url.password !== '')
        throw invalid('A webhook URL holds no user name or password: what is sent is signed instead. Leave them out.');
      if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackName(hostOf(url))))
        throw invalid(`${url.protocol}//${url.host} would be told unencrypted. Use https, or http on 127.0.0.1.`);
      if (isIP(hostOf(url)) !== 0 && !mayConnect(url, hostOf(url)))
        throw invalid(
          `${hostOf(url)} is an address of a private network. If webhooks may go there, open it with KIPPU_WEBHOOK_NETWORKS.`,
        );
      return url;
    },
  };
}

function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function isIn(list: BlockList, address: string): boolean {
  // Without a zone: `fe80::1%eth0` is an address with the name of the interface that it is on.
  const bare = address.split('%')[0] ?? '';
  return list.check(bare, isIP(bare) === 6 ? 'ipv6' : 'ipv4');
}

function networks(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', prefix] = text.split('/');
    const family = isIP(address);
    const bits = prefix === undefined ? (family === 6 ? 128 : 32) : Number(prefix);
    if (family === 0 || !Number.isInteger(bits) || bits < 0 || bits > (family === 6 ? 128 : 32))
      throw new KippuError(
        'invalid',
        `KIPPU_WEBHOOK_NETWORKS: "${text}" is no network. Give networks such as 10.1.0.0/16 or fd00:1::/64.`,
        { where: 'KIPPU_WEBHOOK_NETWORKS' },
      );
    list.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

function invalid(message: string): KippuError {
  return new KippuError('invalid', message, { where: '/url' });
}
