import type { Command } from 'commander';
import type { Diagnosis } from '../../app/doctor.ts';
import type { Finding } from '../../app/doctor/finding.ts';
import type { Cli } from '../cli.ts';
import { EXIT } from '../exit-code.ts';
import { interruptible, orInterrupted } from '../interrupt.ts';
import { printable } from '../printable.ts';
import { table } from '../table.ts';
import { findingText, type FindingText } from '../texts/finding-texts.ts';

interface DoctorFlags {
  readonly json?: boolean;
  readonly release?: string;
}

export function registerDoctor(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .helpGroup(cli.texts.program.groups.operation)
    .description(cli.texts.commands.doctor)
    .option('--release <provider>', cli.texts.options.release)
    .option('--json', cli.texts.options.json)
    .action((flags: DoctorFlags) => (flags.release === undefined ? doctor(flags, cli) : release(flags.release, cli)));
}

async function doctor({ json }: DoctorFlags, cli: Cli): Promise<void> {
  const { examine } = await import('../../app/doctor.ts');
  const patient = {
    readSettings: () => cli.readSettings(),
    readConfig: () => cli.readConfig(),
    outside: await cli.outsideWorld(),
  };
  const diagnosis = await interruptible((interrupted) => orInterrupted(examine(patient), interrupted));
  if (json === true) cli.printJson(diagnosisJson(diagnosis, cli));
  else cli.print(diagnosisText(diagnosis, cli));
  if (!diagnosis.isHealthy) cli.exitCode = EXIT.failed;
}

function diagnosisJson({ isHealthy, findings, settings }: Diagnosis, cli: Cli): unknown {
  return {
    healthy: isHealthy,
    findings: findings.map((finding) => {
      const { what, advice } = textOf(finding, cli);
      const { kind, level, ...facts } = finding;
      return { check: kind, level, message: what, ...(advice === undefined ? {} : { advice }), facts };
    }),
    settings,
  };
}

function diagnosisText({ findings, settings }: Diagnosis, cli: Cli): string {
  const { doctor: texts } = cli.texts;
  const lines = findings.map((finding) => findingLines(finding, textOf(finding, cli), cli));
  const rows = settings.map(({ name, value, source }) => [name, printable(value), texts.sources[source]]);
  const inForce =
    settings.length === 0
      ? []
      : [
          '',
          cli.style.bold(texts.settings),
          table([texts.headings.name, texts.headings.value, texts.headings.source], rows),
        ];
  const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length;
  return [...lines, ...inForce, '', texts.summary(count('problem'), count('warning'))].join('\n');
}

function textOf(finding: Finding, cli: Cli): FindingText {
  return findingText(finding, cli.texts.findings, cli.speech());
}

function findingLines({ level }: Finding, { what, advice }: FindingText, { style, texts }: Cli): string {
  const colour = ({ ok: 'good', warning: 'warn', problem: 'bad', skipped: 'soft' } as const)[level];
  const sign = style[colour](texts.doctor.levels[level]);
  const lines = advice === undefined ? [] : advice.split('\n');
  return [
    `${sign} ${printable(what)}`,
    ...lines.map((line) => `${' '.repeat(texts.doctor.indent)}-> ${printable(line)}`),
  ].join('\n');
}

async function release(provider: string, cli: Cli): Promise<void> {
  const { releaseProvider } = await import('../../app/doctor.ts');
  const released = await releaseProvider(provider, await cli.readConfig(), await cli.outsideWorld());
  cli.say(released > 0 ? cli.texts.doctor.released(provider) : cli.texts.doctor.notHeld(provider));
}
