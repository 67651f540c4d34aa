/**
 * Whether the page may use camera and microphone without a question. False where the browser does not say: Firefox learned the names
 * late, and asks for each visit.
 */
export async function devicesAreAllowed({ permissions }: { readonly permissions?: Pick<Permissions, 'query'> }): Promise<boolean> {
  try {
    const answers = await Promise.all(['camera', 'microphone'].map((name) => permissions?.query({ name: name as PermissionName })));
    return answers.every((answer) => answer?.state === 'granted');
  } catch {
    return false;
  }
}
