/** How a command line was not understood. */
export interface Misuse {
  /** As commander names it: `commander.unknownOption`. */
  readonly code: string;
  /** All of it, in English. */
  readonly said: string;
  /** What stood between quotation marks in it, in order. */
  readonly quoted: readonly string[];
  /** What may have been meant. */
  readonly suggestion: string | undefined;
  /** What is wrong with a value, in English. */
  readonly remark: string | undefined;
}

export function misuseInJapanese({ code, said, quoted: [one = '', other = ''], suggestion, remark }: Misuse): string {
  const sentences: Readonly<Record<string, string>> = {
    'commander.unknownOption': `${one} というオプションはありません`,
    'commander.unknownCommand': `${one} というコマンドはありません`,
    'commander.missingArgument': `引数 <${one}> が必要です`,
    'commander.missingMandatoryOptionValue': `オプション ${one} が必要です`,
    'commander.optionMissingArgument': `オプション ${one} には値が必要です`,
    'commander.invalidArgument': `${one} の値 ${other} は正しくありません${remark === undefined ? '' : `: ${remark}`}`,
    'commander.excessArguments': `引数が多すぎます`,
    'commander.conflictingOption': `${one} と ${other} は同時に使えません`,
  };
  const sentence = sentences[code] ?? said;
  return suggestion === undefined ? sentence : `${sentence}(${suggestion} のことですか?)`;
}
