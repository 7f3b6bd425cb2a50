import type { RefreshNeed } from '../../providers/provider.ts';

export { REFRESH_NEEDS, type RefreshNeed } from '../../providers/provider.ts';

interface NeedTexts {
  /** What is to be looked at, in the order in which it is usually missing. */
  readonly intro: string;
  readonly needs: Readonly<Record<RefreshNeed, string>>;
  /** How to make the next consent a first one. */
  readonly again: (consentsUrl: string) => string;
}

const TEXTS: Readonly<Record<'en' | 'ja', NeedTexts>> = {
  en: {
    intro: 'For a refresh token all of this is needed:',
    needs: {
      offline_scope: 'the request asks for offline access (leave --no-offline out)',
      api_offline_access: "the API's setting Allow Offline Access is on at the provider",
      refresh_token_grant: "the app's grant type Refresh Token is on at the provider",
      first_consent: "it is the user's first consent to the app: later ones bring none",
    },
    again: (url) => `To consent for the first time again, remove the app's access at ${url}.`,
  },
  ja: {
    intro: 'リフレッシュトークンを得るには、次のすべてが必要です:',
    needs: {
      offline_scope: 'オフラインアクセスを求めていること(--no-offline を付けない)',
      api_offline_access: 'プロバイダーの API 設定で Allow Offline Access が有効になっていること',
      refresh_token_grant: 'プロバイダーのアプリ設定で Grant Type の Refresh Token が有効になっていること',
      first_consent: 'アプリへの最初の同意であること(二回目からは発行されません)',
    },
    again: (url) => `最初の同意としてやり直すには、${url} でアプリのアクセスを取り消してください。`,
  },
};

/** What another consent needs, and where a user takes back an earlier one. */
export interface RefreshNeeds {
  readonly needs?: readonly RefreshNeed[] | undefined;
  readonly consentsUrl?: string | undefined;
}

/** Why a consent may have brought no refresh token, as lines; none where a scope is all there is to say. */
export function refreshNeedLines({ needs = [], consentsUrl }: RefreshNeeds, lang: 'en' | 'ja'): readonly string[] {
  const texts = TEXTS[lang];
  if (needs.length === 0) return [];
  const lines = [texts.intro, ...needs.map((need) => `- ${texts.needs[need]}`)];
  return consentsUrl === undefined || !needs.includes('first_consent') ? lines : [...lines, texts.again(consentsUrl)];
}
