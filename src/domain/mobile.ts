const international = /^\+[0-9]{8,15}$/;
const mainland = /^1[3-9][0-9]{9}$/;

/** True for `+` and 8–15 digits, and for a mainland number of 11 digits. */
export function isMobile(value: string): boolean {
  return international.test(value) || mainland.test(value);
}

/** The form under which a mobile number is unique in an app: E.164, a mainland number with its +86. */
export function canonicalMobile(value: string): string {
  return mainland.test(value) ? `+86${value}` : value;
}
