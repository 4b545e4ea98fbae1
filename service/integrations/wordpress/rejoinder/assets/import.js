// Drives the import: one batch after the other, as long as the page is open.

(() => {
  const { wp } = /** @type {any} */ (window);
  const { __, sprintf } = wp.i18n;
  const box = document.getElementById('rejoinder-import');
  if (!box) return;
  const bar = /** @type {HTMLProgressElement} */ (box.querySelector('progress'));
  const shown = /** @type {HTMLElement} */ (box.querySelector('span'));
  const said = /** @type {HTMLElement} */ (box.querySelector('[role=status]'));
  const list = /** @type {HTMLElement} */ (box.querySelector('ul'));
  const go = /** @type {HTMLButtonElement} */ (box.querySelector('[name=go]'));
  const stop = Object.assign(document.createElement('button'), {
    type: 'button', className: 'button', name: 'stop', textContent: __('Pause', 'rejoinder'),
  });

  let begun = 'begun' in go.dataset;
  let turn = 0; // Of the button: whoever pauses and goes on has begun another.
  let ended = Promise.resolve();
  let tenth = -1;
  let wake = () => {};

  /** @typedef {{ phase: string, done: number, total: number, text: string, faults: [string, string][], failed?: string, wait?: number }} Told */

  /** @param {string} text */
  function announce(text) {
    shown.textContent = text;
    said.textContent = text;
  }

  /** @param {Told} told */
  function show(told) {
    bar.hidden = false;
    bar.max = Math.max(1, told.total);
    bar.value = told.phase === 'done' ? bar.max : told.done;
    shown.textContent = told.text;
    // Read out ten times and at the end, not with each batch.
    const reached = told.phase === 'done' ? 11 : Math.floor((10 * told.done) / bar.max);
    if (reached !== tenth) said.textContent = told.text;
    tenth = reached;
    list.replaceChildren(
      ...told.faults.map(([text, href]) => {
        const line = document.createElement('li');
        line.append(Object.assign(document.createElement('a'), { href, textContent: text }));
        return line;
      }),
    );
  }

  /** @param {boolean} on */
  function run(on) {
    const [before, after] = on ? [go, stop] : [stop, go];
    const focused = before === document.activeElement;
    go.textContent = begun ? __('Go on', 'rejoinder') : __('Bring posts and comments over', 'rejoinder');
    // WordPress's buttons show although they are hidden.
    before.replaceWith(after);
    if (focused) after.focus();
  }

  /** @param {number} seconds */
  const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

  /**
   * One batch; whether another follows.
   * @param {boolean} begin
   * @param {() => boolean} wanted
   */
  async function step(begin, wanted) {
    /** @type {Told} */
    const told = await wp
      .apiFetch({ path: '/rejoinder/v1/import', method: 'POST', data: { begin } })
      // This site itself didn't answer: the state is where it was.
      .catch((/** @type {Error} */ error) => ({ failed: error.message, wait: 0 }));
    if (told.phase !== undefined) {
      begun = told.phase !== 'done';
      show(told);
    }
    if (!told.failed) return begun;
    const why = told.failed.replace(/\.?$/, '.');
    if (!told.wait) {
      announce(`${why} ${told.text ?? ''}`);
      return false;
    }
    if (wanted()) {
      // translators: 1: what happened, 2: seconds
      announce(sprintf(__('%1$s Once more in %2$d seconds.', 'rejoinder'), why, told.wait));
      await Promise.race([pause(told.wait), new Promise((done) => { wake = () => done(undefined); })]);
    }
    return true;
  }

  go.addEventListener('click', async () => {
    const mine = ++turn;
    const wanted = () => mine === turn;
    run(true);
    // The batch that was on its way as somebody paused.
    await ended;
    const work = async () => {
      while (wanted() && (await step(!begun, wanted)));
    };
    ended = work();
    await ended;
    if (wanted()) run(false);
  });

  stop.addEventListener('click', () => {
    turn += 1;
    wake();
    run(false);
  });
})();
