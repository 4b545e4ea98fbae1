// The demo's own script: what a visitor can try, and publishing a next article.

/** @type {Record<string, { name: string, email: string, body: string }>} */
const SAMPLES = {
  friendly: {
    name: 'Hanne Brix',
    email: 'hanne@example.org',
    body: 'I take the 21:15 every Thursday after choir, and there are never fewer than thirty of us. Does anyone know whether the committee will publish the counts before the vote?',
  },
  abusive: {
    name: 'Rolf',
    email: 'rolf@example.org',
    body: 'You are all stupid idiots and that Lindqvist is a pathetic piece of garbage. Shut up and go to hell, moron.',
  },
  spam: {
    name: 'Best Deals',
    email: 'win@example.com',
    body: 'CONGRATULATIONS!!! Earn $5000 a week working from home, click here http://fast-cash.example http://win-big.example and http://loans.example FREE prize guaranteed, subscribe to my channel now!!!',
  },
};

/** @param {{ name: string, email: string, body: string }} sample */
async function fill(sample) {
  const comments = document.querySelector('reader-comments');
  comments?.scrollIntoView({ block: 'start' });
  let form;
  for (let tries = 0; tries < 60 && !form; tries++) {
    form = comments?.shadowRoot?.querySelector('form.form');
    if (!form) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (!(form instanceof HTMLFormElement)) return;
  for (const [name, value] of Object.entries(sample)) {
    const input = form.elements.namedItem(name);
    if (!(input instanceof HTMLInputElement || input instanceof HTMLTextAreaElement)) continue;
    input.value = value;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  }
  form.querySelector('button')?.focus({ preventScroll: true });
  form.scrollIntoView({ block: 'nearest' });
}

for (const button of document.querySelectorAll('[data-sample]')) {
  button.addEventListener('click', () => fill(SAMPLES[button.getAttribute('data-sample') ?? '']));
}

const publish = document.querySelector('#publish');
const outcome = document.querySelector('#outcome');

publish?.addEventListener('click', async () => {
  if (!outcome || publish.ariaBusy) return;
  publish.ariaBusy = 'true';
  try {
    const response = await fetch('../demo/publish', { method: 'POST' });
    const answer = await response.json();
    outcome.textContent = response.ok
      ? `Published “${answer.article.title}”. In a few seconds every subscriber gets the alert.`
      : `That didn’t work: ${answer.detail ?? response.status}`;
  } catch {
    outcome.textContent = 'That didn’t work: the service could not be reached.';
  }
  publish.ariaBusy = null;
});

const today = document.querySelector('#today');
if (today) today.textContent = new Intl.DateTimeFormat('en', { dateStyle: 'full' }).format(new Date());
