import type { Language } from '../language.ts';

export interface MetricsTexts {
  readonly description: string;
  readonly from: string;
  readonly to: string;
  readonly tz: string;
  readonly csv: string;
  readonly width: string;
  readonly widthRemark: string;
  readonly oneForm: string;
  readonly none: (connection: string) => string;
  readonly noneInWindow: string;
  readonly fields: {
    readonly connection: string;
    readonly measure: string;
    readonly first: string;
    readonly last: string;
    readonly change: string;
    readonly measurements: string;
    readonly gaps: string;
    readonly cost: string;
  };
  readonly measures: Readonly<Record<string, string>>;
  readonly lastGap: (count: number, why: string) => string;
  readonly atMost: (cost: string) => string;
  readonly gapSign: string;
  readonly help: string;
}

/** What `kippu metrics` says. */
export const METRICS_TEXTS: Readonly<Record<Language, MetricsTexts>> = {
  en: {
    description: 'what was measured of an account: a summary and a plot',
    from: '2026-11-01, "2026-11-01 09:00", or how long ago: 30d, 12h',
    to: 'before this time, written like --from',
    tz: "time zone of the times (default: this machine's)",
    csv: 'print CSV; a gap has an empty value',
    width: 'columns of the plot (default: the terminal)',
    widthRemark: 'Give a number of columns from 40 to 400.',
    oneForm: 'Give either --csv or --json.',
    none: (connection) =>
      `Nothing has been measured yet. Measure every hour with: kippu schedule add ${connection} --cron "0 * * * *" --collect followers`,
    noneInWindow: 'Nothing was measured in that time.',
    fields: {
      connection: 'connection',
      measure: 'measure',
      first: 'first',
      last: 'last',
      change: 'change',
      measurements: 'measurements',
      gaps: 'gaps',
      cost: 'cost',
    },
    measures: { followers: 'followers' },
    lastGap: (count, why) => `${count} (the last: ${why})`,
    atMost: (cost) => `at most ${cost}`,
    gapSign: 'x: it was due, and could not be measured',
    help: 'CSV has the columns at (UTC), the measure, and detail (why there is no value).',
  },
  ja: {
    description: 'アカウントについて測った値の要約とグラフ',
    from: '2026-11-01、"2026-11-01 09:00"、または今からさかのぼる長さ: 30d, 12h',
    to: 'この時刻より前(書き方は --from と同じ)',
    tz: '時刻のタイムゾーン(省略するとこのマシンのもの)',
    csv: 'CSV で出力する(欠測は空の値)',
    width: 'グラフの桁数(省略するとターミナルに合わせる)',
    widthRemark: '40から400までの桁数を指定してください。',
    oneForm: '--csv と --json はどちらか一方だけ指定してください。',
    none: (connection) =>
      `まだ何も測っていません。毎時測るには: kippu schedule add ${connection} --cron "0 * * * *" --collect followers`,
    noneInWindow: 'その期間に測った値はありません。',
    fields: {
      connection: '接続',
      measure: '測定項目',
      first: '最初',
      last: '最後',
      change: '増減',
      measurements: '測定回数',
      gaps: '欠測',
      cost: '費用',
    },
    measures: { followers: 'フォロワー数' },
    lastGap: (count, why) => `${count}(最後の理由: ${why})`,
    atMost: (cost) => `最大 ${cost}`,
    gapSign: 'x: 測る時刻だったが、測れなかった',
    help: 'CSV の列は at(UTC)、測定項目、detail(値がない理由)です。',
  },
};
