import { DAY_MS, MINUTE_MS, SECOND_MS } from '../model/clock.ts';
import type { NoticeChannel, TakenDelivery } from '../model/notice.ts';
import type { FanOut } from '../model/notice-store.ts';
import { sendMail } from './mail/send.ts';
import { isMailed } from './mail/letter.ts';
import type { Handover } from './handover.ts';
import type { NoticePorts } from './ports.ts';
import { outcomeOf } from './retries.ts';
import { postToWebhook } from './webhook/post.ts';

/** How many destinations are served at the same time. Each is served alone: a slow one holds nobody else up. */
const LANES_AT_ONCE = 32;
/** Longer than any attempt can take; a delivery whose sender died comes back after it. */
export const TAKEN_FOR_MS = 45 * SECOND_MS;
/** How often an older delivery may be tried before its time because a younger one is due. */
const PROBE_EVERY_MS = MINUTE_MS;
const EVENTS_AT_ONCE = 200;
/** News that is older than this is not mailed: it would only confuse. */
const MAIL_NOT_AFTER_MS = 3 * DAY_MS;
/** How long it can be looked up what became of a delivery. */
const KEPT_FOR_MS = 30 * DAY_MS;
/** In one transaction, which locks others out. */
const FORGOTTEN_AT_ONCE = 500;

/**
 * Brings events to those who want to hear of them.
 *
 * An event and a destination make one delivery, written down before anything is sent and ended only by an answer. Dying on
 * any line means at most that a notice comes a second time, with the same id; never that it does not come. Within one
 * destination notices are sent one after the other, the oldest first, by whichever process has the lane.
 */
export class Courier {
  readonly #ports: NoticePorts;
  readonly #onError: (error: unknown) => void;
  readonly #underWay = new Set<Promise<void>>();
  #lanesBusy = 0;
  #isStopping = false;

  constructor(ports: NoticePorts, onError: (error: unknown) => void) {
    this.#ports = ports;
    this.#onError = onError;
  }

  /** Makes deliveries of what happened since the last time. */
  async fanOut(): Promise<void> {
    for (const plan of this.#plans()) {
      let count = plan.limit;
      while (count === plan.limit && !this.#isStopping) {
        count = await this.#ports.notices.fanOut(plan);
        if (count > 0) this.#ports.faults.reach('notice.planned');
      }
    }
  }

  /** Begins to send what is due, and does not wait for it: {@link drain} does. */
  async sendDue(): Promise<void> {
    const free = LANES_AT_ONCE - this.#lanesBusy;
    if (this.#isStopping || free <= 0) return;
    const nowMs = this.#ports.clock.nowMs();
    const taken = await this.#ports.notices.takeDue({
      channels: this.#channels(),
      untilMs: nowMs + TAKEN_FOR_MS,
      limit: free,
      probeBeforeMs: nowMs - PROBE_EVERY_MS,
    });
    if (taken.length > 0) this.#ports.faults.reach('notice.taken');
    for (const delivery of taken) this.#begin(delivery);
  }

  /** How many notices are being sent. */
  get underWay(): number {
    return this.#underWay.size;
  }

  async forget(): Promise<void> {
    const { notices, clock } = this.#ports;
    let count = FORGOTTEN_AT_ONCE;
    while (count === FORGOTTEN_AT_ONCE && !this.#isStopping)
      count = await notices.forgetDeliveries(clock.nowMs() - KEPT_FOR_MS, FORGOTTEN_AT_ONCE);
  }

  /** Takes nothing new, and waits for what is being sent. */
  async drain(): Promise<void> {
    this.#isStopping = true;
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** When one has ended, its lane may have more: it is looked at again at once. */
  #begin(delivery: TakenDelivery): void {
    this.#lanesBusy += 1;
    const done: Promise<void> = deliver(delivery, this.#ports)
      .finally(() => {
        this.#lanesBusy -= 1;
      })
      .then(() => this.sendDue())
      .catch(this.#onError)
      .finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }

  #channels(): readonly NoticeChannel[] {
    return this.#ports.mail === undefined ? ['webhook'] : ['webhook', 'mail'];
  }

  #plans(): readonly FanOut[] {
    const webhooks: FanOut = { channel: 'webhook', limit: EVENTS_AT_ONCE };
    const { mail, clock } = this.#ports;
    if (mail === undefined) return [webhooks];
    const notBeforeMs = clock.nowMs() - MAIL_NOT_AFTER_MS;
    const mails: FanOut = {
      channel: 'mail',
      limit: EVENTS_AT_ONCE,
      recipients: mail.recipients,
      wants: (event) => isMailed(event) && event.atMs >= notBeforeMs,
    };
    return [webhooks, mails];
  }
}

/** One attempt: sends, and writes down what came of it before anything else can happen to it. */
async function deliver(taken: TakenDelivery, ports: NoticePorts): Promise<void> {
  const { clock, random, notices, faults } = ports;
  const startedAtMs = clock.nowMs();
  const handover = await handOver(taken, ports);
  faults.reach('notice.sent');
  const endedAtMs = clock.nowMs();
  await notices.settleDelivery({
    taken,
    attempt: {
      startedAtMs,
      endedAtMs,
      status: handover.status,
      error: handover.kind === 'delivered' ? undefined : handover.error,
    },
    outcome: outcomeOf(handover, taken, { nowMs: endedAtMs, chance: random.unit() }),
  });
  faults.reach('notice.settled');
}

function handOver(taken: TakenDelivery, ports: NoticePorts): Promise<Handover> {
  return taken.channel === 'webhook' ? postToWebhook(taken, ports) : sendMail(taken, ports);
}
