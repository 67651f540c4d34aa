/** What was typed and not sent, by room: a panel that is closed takes its element with it, and must not take the words. */
const drafts = new Map<string, string>();

export function draftOf(room: string | null): string {
  return drafts.get(room ?? '') ?? '';
}

export function keepDraft(room: string | null, text: string): void {
  if (text === '') drafts.delete(room ?? '');
  else drafts.set(room ?? '', text);
}
