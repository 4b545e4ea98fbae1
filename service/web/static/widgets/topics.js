// What the alerts may be about, and which of it the reader chooses.

import { button, el } from './dom.js';

/** @typedef {{ slug: string, name: string }} Topic */

/** A word as the service compares topics (push/rules.py): "Climate & Energy" is climate-energy. @param {string} label */
const slug = (label) =>
  label.normalize('NFKC').toLowerCase().replace(/[^\p{L}\p{N}\p{M}]+/gu, '-').replace(/^-|-$/g, '');

export class Topics {
  /**
   * @param {import('./words.js').Words} w
   * @param {import('./push.js').Push} push
   * @param {string[]} named by the element; `*` stands for all that the site has
   */
  constructor(w, push, named) {
    this.w = w;
    this.T = w.alerts;
    this.push = push;
    this.learnt = false;
    this.every = named.includes('*');
    this.named = named;
    /** @type {Topic[]} */
    this.all = named.filter((topic) => topic !== '*').map((name) => ({ slug: slug(name), name: spelt(name) }));
  }

  /** Their names as the newsroom writes them; without an answer soon, as the element does. */
  async #learn() {
    if (this.named.length < 2 && !this.every) return;
    const late = new Promise((done) => setTimeout(done, 3_000));
    const config = await Promise.race([this.push.config(), late]).catch(() => undefined);
    const { topics = [] } = config ?? {};
    /** @type {Map<string, Topic>} */
    const known = new Map(topics.map((/** @type {Topic} */ topic) => [topic.slug, topic]));
    this.all = this.every ? [...known.values()] : this.all.map((topic) => known.get(topic.slug) ?? topic);
    this.all.sort((a, b) => a.name.localeCompare(b.name, this.w.lang));
  }

  /** The checkboxes, where there is something to choose. @returns {Promise<HTMLElement[]>} */
  async offer() {
    await this.#learn();
    if (this.all.length < 2) return [];
    const { kept } = this.push;
    const mine = new Set(kept?.wanted && kept.topics.length ? kept.topics : this.all.map((topic) => topic.slug));
    const boxes = this.all.map(({ slug, name }) =>
      el(
        'label',
        { class: 'topic' },
        el('input', { type: 'checkbox', name: 'topic', value: slug, checked: mine.has(slug) }),
        el('span', {}, name),
      ),
    );
    const none = el('p', { class: 'fault', id: 'none', hidden: true, role: 'alert' }, this.T.chooseOne);
    const list = el(
      'fieldset',
      { class: 'topics', part: 'topics', 'aria-describedby': 'none', onchange: () => (none.hidden = true) },
      el('legend', {}, this.T.topicsWhich),
      el('div', {}, ...boxes),
    );
    return [list, none];
  }

  /**
   * What is ticked; undefined, and said, where nothing is: none would mean all.
   * @param {Element | undefined} form
   * @returns {string[] | undefined}
   */
  picked(form) {
    /** @type {HTMLInputElement[]} */
    const boxes = [...(form?.querySelectorAll('input') ?? [])];
    if (!boxes.length) return this.push.options.topics;
    const ticked = boxes.filter((box) => box.checked).map((box) => box.value);
    if (!ticked.length) {
      /** @type {HTMLElement} */ (form?.querySelector('.fault')).hidden = false;
      boxes[0].focus();
      return undefined;
    }
    // All of the site's, those to come included.
    return this.every && ticked.length === boxes.length ? [] : ticked;
  }

  /** The chosen topics' names as a sentence has them; nothing where it is all that is offered. */
  chosen() {
    const mine = this.push.kept?.topics ?? [];
    const names = this.all.filter((topic) => mine.includes(topic.slug)).map((topic) => topic.name);
    if (!names.length || names.length === this.all.length) return '';
    const list = new Intl.ListFormat(this.w.lang, { type: 'conjunction' });
    if (this.w.dir === 'ltr') return list.format(names);
    // Names that run the other way (UAX #9): each for itself, and the list as the sentence.
    return `\u200f${list.format(names.map((name) => `\u2068${name}\u2069`))}`;
  }

  /**
   * What changes the choice later.
   * @param {() => void} changed
   * @returns {HTMLElement[]}
   */
  changer(changed) {
    // What there is to choose from, and what the chosen ones are called.
    if (!this.learnt && (this.every || this.push.kept?.topics.length)) {
      this.learnt = true;
      this.#learn().then(changed);
    }
    if (this.all.length < 2) return [];
    const open = button('topics', this.T.topics, async () => {
      const shown = open.getAttribute('aria-expanded') === 'true';
      open.setAttribute('aria-expanded', String(!shown));
      form.hidden = shown;
      if (!shown) form.replaceChildren(...(await this.offer()), el('div', { class: 'bar' }, save, said));
    }, { class: 'plain', 'aria-expanded': 'false' });
    const said = el('span', { role: 'status' });
    const save = el('button', { type: 'submit', name: 'save', class: 'send', part: 'button' }, this.T.save);
    const form = el('form', { class: 'changer', hidden: true }, said);
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#save(form, save, said).then((saved) => {
        if (!saved) return;
        open.click();
        open.focus();
        changed();
      });
    };
    return [open, form];
  }

  /**
   * @param {HTMLFormElement} form
   * @param {HTMLElement} save
   * @param {HTMLElement} said
   */
  async #save(form, save, said) {
    const topics = this.picked(form);
    if (!topics || save.ariaBusy) return false;
    save.ariaBusy = 'true';
    said.textContent = '';
    try {
      await this.push.choose(topics);
      return true;
    } catch {
      said.textContent = this.T.notSaved;
      return false;
    } finally {
      save.ariaBusy = null;
    }
  }
}

/** @param {string} topic a slug as it reads best, until the newsroom's own name is known */
const spelt = (topic) => topic.charAt(0).toUpperCase() + topic.slice(1).replaceAll('-', ' ');
