// Signs a user of the site on to the comments, and on again when the token has run out.

const page = /** @type {any} */ (window);

async function signOn() {
  const answer = await fetch(page.rejoinderToken, { credentials: 'same-origin', cache: 'no-store' });
  // Signed out elsewhere, or a page from yesterday: the form asks for name and address.
  if (answer.ok) page.rejoinder?.signIn((await answer.json()).token);
}

document.addEventListener('rejoinder:expired', () => signOn().catch(console.warn));
signOn().catch(console.warn);
