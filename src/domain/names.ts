/**
 * The form under which a name is unique: compatibility-composed (NFKC, Unicode TR15) and lower case, so that names which
 * differ only in case or in Unicode form are one name.
 */
export function foldName(name: string): string {
  return name.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** The form under which an e-mail address is unique in an app. */
export function foldEmail(email: string): string {
  return foldName(email);
}
