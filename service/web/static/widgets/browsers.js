// What a reader's browser needs to be told apart for: where its settings are, and why it can't push.

const agent = navigator.userAgent;

// iPads call themselves Macs; no Mac can be touched with five fingers.
const apple = /iPhone|iPad|iPod/.test(agent) || (/Macintosh/.test(agent) && navigator.maxTouchPoints > 1);
const inApp = /FBAN|FBAV|FB_IAB|Instagram|Line\/|TikTok|musical_ly|BytedanceWebview|Snapchat|LinkedInApp|Pinterest|; wv\)/;

/** Where to undo a block: the key of what to say. */
export function blockedBy() {
  if (apple) return 'blockedIos';
  if (/Firefox\//.test(agent)) return 'blockedFirefox';
  if (/Chrom(e|ium)\//.test(agent)) return 'blockedChrome'; // Edge, Opera, Samsung's and Vivaldi too
  return /Safari\//.test(agent) ? 'blockedSafari' : 'blocked';
}

/** Why there is no push here, or what to do about it: the key of what to say. */
export function unsupportedBy() {
  if (inApp.test(agent)) return 'inApp';
  return apple && !matchMedia('(display-mode: standalone)').matches ? 'ios' : 'unsupported';
}
