/** The outcome of a check, for people and for programs. */
import type { CheckLog } from './log.ts';
import { RULES } from './rules/table.ts';
import type { Authority, Breach, Rule, Verdict } from './verdict.ts';

export interface RuleReport {
  readonly rule: Rule;
  readonly verdict: Verdict;
}

export interface Report {
  readonly rules: readonly RuleReport[];
  /** Whether anything that the standards demand is broken. */
  readonly conformant: boolean;
}

export function judge(log: CheckLog): Report {
  const rules = RULES.map((rule) => ({ rule, verdict: rule.judge(log) }));
  const conformant = !rules.some(
    ({ verdict }) => verdict.kind === 'broken' && verdict.breaches.some(({ authority }) => authority === 'must'),
  );
  return { rules, conformant };
}

const AUTHORITIES: Readonly<Record<Authority, string>> = {
  must: 'MUST',
  should: 'SHOULD',
  apple: 'Apple',
  'dash-if': 'DASH-IF',
  own: 'advice',
};

const SIGNS: Readonly<Record<Verdict['kind'], string>> = { kept: 'kept    ', broken: 'BROKEN  ', unseen: 'not seen' };

const LONGEST_LINE = 160;
const cut = (line: string): string => (line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE - 1)}…` : line);

function breachLines({ authority, text, url, at, lines }: Breach): string[] {
  const when = at === null ? '' : ` at ${new Date(at).toISOString().slice(11, 23)}`;
  return [
    `    ${AUTHORITIES[authority]}: ${text}`,
    ...(url === '' ? [] : [`      ${cut(withoutSecrets(url))}${when}`]),
    ...lines.map((line) => `      | ${cut(withoutSecrets(line))}`),
  ];
}

/** Tokens do not belong in a report that is passed on. */
const withoutSecrets = (text: string): string => text.replaceAll(/([?&]token=)[^&#"\s]+/g, '$1…');

function ruleLines({ rule, verdict }: RuleReport): string[] {
  const head = `${SIGNS[verdict.kind]}  ${rule.id.padStart(3)}  ${rule.title}`;
  if (verdict.kind === 'unseen') return [`${head}: ${verdict.why}`];
  if (verdict.kind === 'kept') return [`${head} (${verdict.note})`];
  return [`${head} (${verdict.count} of ${verdict.note})`, ...verdict.breaches.flatMap(breachLines)];
}

const count = (report: Report, kind: Verdict['kind']): number => report.rules.filter(({ verdict }) => verdict.kind === kind).length;

function summary(report: Report): string {
  const counts = `${count(report, 'kept')} kept, ${count(report, 'broken')} broken, ${count(report, 'unseen')} not seen`;
  if (!report.conformant) return `${counts}. At least one MUST is broken: some players will stall or refuse this.`;
  return count(report, 'broken') === 0 ? `${counts}. Nothing is wrong with what was seen.` : `${counts}. No MUST is broken.`;
}

/** For a terminal. */
export function reportText(report: Report, log: CheckLog, addresses: readonly string[]): string {
  const played = log.hls?.renditions.filter(({ snapshots }) => snapshots.length > 0) ?? [];
  const representations = new Set(log.dash?.segments.map(({ representation }) => representation) ?? []);
  const watched = [
    ...played.map(({ name, snapshots, media }) => `  HLS   ${name}: ${snapshots.length} playlists, ${media.length} parts and segments`),
    ...[...representations].map(
      (id) => `  DASH  ${id}: ${log.dash?.segments.filter(({ representation }) => representation === id).length} segments`,
    ),
  ];
  const failures = [...(log.hls?.renditions.flatMap((rendition) => rendition.failures) ?? []), ...(log.dash?.failures ?? [])];
  const failed = failures.slice(0, 3).map(({ url, status, error }) => `  ${cut(withoutSecrets(url))} was answered with ${error ?? status}`);
  return `${[
    `Watched ${addresses.map(withoutSecrets).join(' and ')} for ${Math.round((log.endedAt - log.startedAt) / 1000)} s`,
    ...watched,
    ...(failures.length === 0 ? [] : [`  ${failures.length} requests for playlists failed:`, ...failed]),
    '',
    ...report.rules.flatMap(ruleLines),
    '',
    summary(report),
  ].join('\n')}\n`;
}

/** For programs: one object, stable names. */
export function reportJson(report: Report, log: CheckLog, addresses: readonly string[]): string {
  const rules = report.rules.map(({ rule: { id, family, title }, verdict }) => ({ id, family, title, ...clean(verdict) }));
  const counts = { kept: count(report, 'kept'), broken: count(report, 'broken'), unseen: count(report, 'unseen') };
  const { startedAt, endedAt } = log;
  return `${JSON.stringify({ addresses: addresses.map(withoutSecrets), startedAt, endedAt, conformant: report.conformant, counts, rules }, null, 2)}\n`;
}

function clean(verdict: Verdict): Verdict {
  if (verdict.kind !== 'broken') return verdict;
  const breaches = verdict.breaches.map((breach) => ({
    ...breach,
    url: withoutSecrets(breach.url),
    lines: breach.lines.map(withoutSecrets),
  }));
  return { ...verdict, breaches };
}
