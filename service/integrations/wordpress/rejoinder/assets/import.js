// Drives the import: one batch after the other, as long as the page is open.

(() => {
  const { wp } = /** @type {any} */ (window);
  const { __, sprintf } = wp.i18n;
  const box = document.getElementById('rejoinder-import');
  if (!box) return;
  const bar = /** @type {HTMLProgressElement} */ (box.querySelector('progress'));
  const said = /** @type {HTMLElement} */ (box.querySelector('[role=status]'));
  const list = /** @type {HTMLElement} */ (box.querySelector('ul'));
  const go = /** @type {HTMLButtonElement} */ (box.querySelector('[name=go]'));
  const stop = Object.assign(document.createElement('button'), {
    type: 'button', className: 'button', name: 'stop', textContent: __('Pause', 'rejoinder'),
  });

  let running = false;
  let begun = !bar.hidden && bar.value < bar.max;

  /** @typedef {{ phase: string, done: number, total: number, text: string, faults: [string, string][], failed?: string, wait?: number }} Told */

  /** @param {Told} told */
  function show(told) {
    bar.hidden = false;
    bar.max = Math.max(1, told.total);
    bar.value = told.phase === 'done' ? bar.max : told.done;
    said.textContent = told.text;
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
    running = on;
    // WordPress's buttons show although they are hidden.
    if (on) go.replaceWith(stop);
    else stop.replaceWith(go);
    (on ? stop : go).focus();
    go.textContent = begun ? __('Go on', 'rejoinder') : __('Bring the comments over', 'rejoinder');
  }

  /** @param {number} seconds */
  const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

  go.addEventListener('click', async () => {
    let begin = !begun;
    begun = true;
    run(true);
    while (running) {
      /** @type {Told} */
      const told = await wp
        .apiFetch({ path: '/rejoinder/v1/import', method: 'POST', data: { begin } })
        // This site itself didn't answer: the state is where it was.
        .catch((/** @type {Error} */ error) => ({ failed: error.message, wait: 0 }));
      begin = begin && told.phase === undefined;
      if (told.phase !== undefined) show(told);
      if (told.phase === 'done') begun = false;
      if (told.failed && !told.wait) {
        said.textContent = `${told.failed} ${told.text ?? ''}`;
        break;
      }
      if (told.phase === 'done') break;
      if (told.failed) {
        // translators: 1: what happened, 2: seconds
        said.textContent = sprintf(__('%1$s Once more in %2$d seconds.', 'rejoinder'), told.failed, told.wait);
        await pause(told.wait ?? 5);
      }
    }
    if (begin) begun = false;
    run(false);
  });

  stop.addEventListener('click', () => run(false));
})();
