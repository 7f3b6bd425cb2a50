import type { Language } from '../language.ts';

export interface RegistrationSteps {
  readonly provider: string;
  readonly console: string;
  readonly makes: string;
  readonly callbackField: string;
  readonly callback: string;
  readonly httpsOnly: boolean;
  readonly idName: string;
  readonly secretName: string;
  readonly idVariable: string;
  readonly secretVariable: string;
  /** Further variables without which it does not work. */
  readonly needed: readonly string[];
}

/** What to do before anybody can connect to a provider. */
export interface SetupTexts {
  readonly unknown: (provider: string, known: readonly string[]) => string;
  readonly notConfigured: (provider: string) => string;
  readonly steps: (steps: RegistrationSteps) => readonly string[];
  readonly httpsNeeded: string;
  readonly bare: (idVariable: string, others: readonly string[], callback: string) => readonly string[];
  readonly more: (variables: readonly string[]) => string;
  readonly sandbox: (provider: string) => string;
}

export const SETUP_TEXTS: Readonly<Record<Language, SetupTexts>> = {
  en: {
    unknown: (provider, known) => `There is no provider "${provider}". There are: ${known.join(', ')}.`,
    notConfigured: (provider) => `${provider} is not configured here. Do what is said above, then connect again.`,
    steps: (steps) => [
      `To connect ${steps.provider}:`,
      `  1. Open ${steps.console} and make: ${steps.makes}`,
      `  2. Under "${steps.callbackField}" enter exactly this:`,
      `       ${steps.callback}`,
      `  3. Put these into .env or the environment:`,
      `       ${steps.idVariable}=<${steps.idName}>`,
      `       ${steps.secretVariable}=<${steps.secretName}>`,
      ...steps.needed.map((name) => `       ${name}=<${settingName(name)}>`),
    ],
    httpsNeeded: '     It wants https: set KIPPU_PUBLIC_URL to an https address that leads here.',
    bare: (idVariable, others, callback) => [
      `Make an app at the provider, register the callback ${callback}, and set ${[idVariable, ...others].join(', ')}.`,
    ],
    more: (variables) => `     Optional: ${variables.join(', ')}`,
    sandbox: (provider) => `To try it without an account: KIPPU_SANDBOX_PROVIDERS=${provider} kippu up --sandbox`,
  },
  ja: {
    unknown: (provider, known) => `"${provider}" というプロバイダーはありません。あるのは: ${known.join(', ')}`,
    notConfigured: (provider) => `${provider} はまだ設定されていません。上の手順のあと、もう一度接続してください。`,
    steps: (steps) => [
      `${steps.provider} に接続するには:`,
      `  1. ${steps.console} を開いて作成する: ${steps.makes}`,
      `  2. "${steps.callbackField}" に、このとおり入力する:`,
      `       ${steps.callback}`,
      `  3. .env か環境変数に書く:`,
      `       ${steps.idVariable}=<${steps.idName}>`,
      `       ${steps.secretVariable}=<${steps.secretName}>`,
      ...steps.needed.map((name) => `       ${name}=<${settingName(name)}>`),
    ],
    httpsNeeded: '     https が必要です。ここに届く https のアドレスを KIPPU_PUBLIC_URL に設定してください。',
    bare: (idVariable, others, callback) => [
      `プロバイダーでアプリを作り、コールバック ${callback} を登録し、${[idVariable, ...others].join('、')} を設定してください。`,
    ],
    more: (variables) => `     任意: ${variables.join(', ')}`,
    sandbox: (provider) => `アカウントなしで試すには: KIPPU_SANDBOX_PROVIDERS=${provider} kippu up --sandbox`,
  },
};

/** The last word of a variable, as in `domain`: what its value is called at the provider. */
function settingName(variable: string): string {
  return variable.slice(variable.lastIndexOf('_') + 1).toLowerCase();
}
