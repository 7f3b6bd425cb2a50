import { assertNever } from '../model/assert-never.ts';
import type { HttpAnswer } from '../model/http.ts';
import type { PublishOutcome } from '../model/post.ts';
import type { Answered, Network } from './networks/network.ts';

/**
 * What an answer proves about the post. Whatever does not prove that nothing was created is `unanswered`: a second
 * post is worse than a question to its author.
 */
export function classify(answer: HttpAnswer, network: Network): PublishOutcome {
  switch (answer.kind) {
    case 'not_sent': {
      const reason = answer.cause === 'withdrawn' ? 'withdrawn' : 'unreachable';
      return { kind: 'not_created', reason, detail: answer.detail, retryAtMs: undefined };
    }
    case 'unanswered':
      return { kind: 'unanswered', detail: `${answer.cause}: ${answer.detail}` };
    case 'answered':
      return classifyAnswered(answer, network);
    default:
      return assertNever(answer);
  }
}

/** Statuses of the client's class that say nothing about whether the request was handled (RFC 9110, 15.5.9). */
const SAYS_NOTHING: ReadonlySet<number> = new Set([408, 499]);

function classifyAnswered(answer: Answered, network: Network): PublishOutcome {
  const { status } = answer;
  if (status >= 200 && status < 300) {
    const remoteId = answer.complete ? network.readCreated(answer) : undefined;
    if (remoteId !== undefined) return { kind: 'published', remoteId };
    return { kind: 'unanswered', detail: `HTTP ${status}, and no post id could be read from the answer` };
  }
  // A 4xx whose body was cut off has still said that nothing was created: that is in the status.
  const refusal = status >= 400 && status < 500 && !SAYS_NOTHING.has(status) ? network.readRefusal(answer) : undefined;
  return refusal ?? { kind: 'unanswered', detail: `HTTP ${status}` };
}
