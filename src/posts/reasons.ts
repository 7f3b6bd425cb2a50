import type { PostReason } from '../model/post.ts';

/** Each reason in words: what happened, and what the reader can do. The network's own words stand beside it. */
export const REASON_TEXT: Readonly<Record<PostReason, string>> = {
  unreachable: 'The network could not be reached, so nothing was sent. It is tried again by itself.',
  withdrawn: 'This process was held up before sending and let the request go. It is tried again by itself.',
  unauthorized:
    'The network refused the access token, so nothing was published. It is tried again by itself with a renewed one.',
  rate_limited: "The network's rate limit is used up. It is tried again when the limit ends.",
  credits_depleted:
    'The account at the network has no credits left. Top it up in the developer console; until its latest time the post is tried again by itself.',
  reauth_required:
    'The user must consent again: connect the account anew. Until its latest time the post then goes out by itself.',
  revoked:
    'The connection was revoked here. Connect the account anew; until its latest time the post then goes out by itself.',
  refused:
    'The provider refuses even a fresh access token. Look at the app and its permissions in the developer console.',
  misconfigured: "The provider refuses our app. Check the client id and secret; 'kippu doctor' says more.",
  unavailable: 'The provider has no token for us at the moment. It is tried again by itself.',
  uncertain: 'A renewal of the token is still unanswered. It is tried again by itself.',

  unanswered: 'The post was sent and no readable answer came, so it may be out. The timeline is being read.',
  interrupted: 'The process that was sending the post ended, so it may be out. The timeline is being read.',
  duplicate_refused:
    'The network calls the post a duplicate, so the first try is probably out. Look at the account, then resolve the post.',
  remote_id_taken: 'What was taken for this post is another one. The timeline is being read again.',
  not_on_timeline:
    'The timeline does not show the post. Look at the account, then resolve the post: published, or not.',
  timeline_unreadable:
    'The timeline could not be read for a day. Look at the account, then resolve the post: published, or not.',

  duplicate_content: 'The network refuses the text because the account has published the same recently. Change it.',
  reply_not_allowed: 'The author of that post has not mentioned or quoted the account, so apps may not reply to it.',
  not_permitted: 'The network does not permit this. Look at the account and at the permissions of the app.',
  unsupported_authentication: 'The token is not a user token. Connect the account itself.',
  client_not_enrolled: 'The app is not enrolled at the network. Attach it to a project in the developer console.',
  usage_capped: "The month's quota at the network is used up. Raise it, or wait for the next month.",
  invalid_post: 'The network refuses the post as malformed. Change what it names.',
  refused_by_network: 'The network refuses the post.',
  too_late: 'Its latest time passed before it could be published. Publish it now if it is still wanted.',
  not_published: 'A person looked, and it is not on the network. Publish it again if it is still wanted.',
  no_connection: 'There is no connection that posts can go to. Connect the account anew.',
};
