// The policy of a site: what is done with which signal, tried on what has been before it is put.

import { button, el } from '../../widgets/dom.js';
import { call, CallError } from '../calls.js';
import { time } from '../saying.js';
import { Figures } from './policy-figures.js';
import { external } from './policy-external.js';
import { hours } from './policy-hours.js';
import { appearing, signals, words } from './policy-rules.js';
import { scores } from './policy-scores.js';

/** @typedef {import('../types.js').Session} Session */
/** @typedef {import('./policy-types.js').Answer} Answer */
/** @typedef {import('./policy-types.js').Draft} Draft */

const POLICY = 'v1/moderation/policy';

/** @param {unknown} error */
const said = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Fills `root` with the page; it stops with `signal`.
 * @param {HTMLElement} root
 * @param {{ session: Session, signal: AbortSignal, site?: string }} given `site` '' or left out: the
 *   moderator's first, with a choice of the others
 */
export async function show(root, { session, signal, site }) {
  const slug = site || session.sites[0]?.slug;
  if (!slug) {
    root.replaceChildren(el('p', { class: 'plain' }, 'You are a member of no site.'));
    return;
  }
  root.replaceChildren(el('p', { class: 'loading' }, 'Loading the policy …'));
  try {
    const where = `${POLICY}?site=${encodeURIComponent(slug)}`;
    const [answer, untouched] = await Promise.all([call('GET', where), call('GET', `${where}&version=0`)]);
    if (!signal.aborted) new Page(root, session, slug, signal, !site).start(answer, untouched.thresholds_in_force);
  } catch (error) {
    if (signal.aborted) return;
    const again = button('retry', 'Try again', () => show(root, { session, signal, site }), { class: 'link' });
    root.replaceChildren(el('p', { class: 'alert', role: 'alert' }, said(error), ' ', again));
  }
}

class Page {
  #head = el('p', { class: 'in-force' });
  #problem = el('div', { class: 'alert', role: 'alert', hidden: true });
  #state = el('span', { class: 'state', role: 'status' });
  #versions = el('ol', { class: 'versions' });
  #saved = '';
  #version = 0;
  #saving = false;

  /**
   * @param {HTMLElement} root
   * @param {Session} session
   * @param {string} site
   * @param {AbortSignal} signal
   * @param {boolean} choosing whether the page itself lets one choose the site
   */
  constructor(root, session, site, signal, choosing) {
    this.root = root;
    this.session = session;
    this.site = site;
    this.signal = signal;
    this.choosing = choosing && session.sites.length > 1;
    this.editable = session.moderator.role === 'editor';
    this.figures = new Figures(site, session.csrf, signal);
    this.save = button('save', '', () => this.#save(), { class: 'act publish' });
    this.discard = button('discard', 'Discard', () => this.#discard(), { class: 'act' });
    /** @type {{ node: HTMLElement, fill: () => void }[]} */
    this.parts = [];
  }

  /**
   * @param {Answer} answer
   * @param {Draft['learnt']} learnt
   */
  start(answer, learnt) {
    /** @type {Draft} */
    this.draft = { policy: answer.policy, learnt, editable: this.editable, changed: () => this.#changed() };
    this.#take(answer);
    this.parts = [scores(this.draft), signals(this.draft), words(this.draft, this.site), appearing(this.draft), hours(this.draft), external(this.draft, this.site)];
    const bar = el('div', { class: 'save-bar', role: 'region', 'aria-label': 'Saving' }, el('div', { class: 'states' }, this.#state, this.figures.brief), this.discard, this.save);
    this.root.replaceChildren(
      el(
        'div',
        { class: 'policy' },
        el(
          'header',
          { class: 'policy-top' },
          el('div', { class: 'policy-head' }, el('h2', {}, 'Policy'), this.#sites(), this.#head),
          !this.editable && el('p', { class: 'quiet' }, 'Editors change the policy. You can read it here, and try texts.'),
          this.#problem,
        ),
        el('div', { class: 'policy-parts' }, ...this.parts.map(({ node }) => node), this.#history()),
        this.figures.node,
        this.editable && bar,
      ),
    );
    this.#fill();
    this.#list();
    addEventListener(
      'beforeunload',
      (event) => {
        if (this.dirty) event.preventDefault();
      },
      { signal: this.signal },
    );
  }

  get dirty() {
    return JSON.stringify(this.draft?.policy) !== this.#saved;
  }

  /** @param {Answer} answer what is in force now */
  #take(answer) {
    if (!this.draft) return;
    this.#version = answer.version;
    this.draft.policy = answer.policy;
    this.#saved = JSON.stringify(answer.policy);
    this.#head.replaceChildren(
      ...(answer.created_at
        ? [`Version ${answer.version} is in force, put by ${answer.created_by ?? 'the command line'} `, time(answer.created_at), '.']
        : ['The defaults are in force: nobody has put a policy yet.']),
    );
  }

  #fill() {
    this.parts.forEach((part) => part.fill());
    this.#changed();
  }

  #changed() {
    if (!this.draft) return;
    const { dirty } = this;
    this.#state.textContent = dirty ? 'Changes that are not saved' : 'Nothing changed';
    this.save.textContent = `Save as version ${this.#version + 1}`;
    this.save.disabled = this.discard.disabled = !dirty || this.#saving;
    this.root.querySelector('.save-bar')?.classList.toggle('dirty', dirty);
    this.figures.follow(this.draft.policy);
  }

  #sites() {
    if (!this.choosing) return;
    const select = el('select', { 'aria-label': 'Site' }, ...this.session.sites.map(({ slug, name }) => el('option', { value: slug, selected: slug === this.site }, name)));
    select.onchange = async () => {
      if (this.dirty && !confirm('Leave the changes that are not saved?')) {
        select.value = this.site;
        return;
      }
      const { sites } = this.session;
      // First, and so the one that is shown.
      const ordered = [...sites].sort((a, b) => Number(b.slug === select.value) - Number(a.slug === select.value));
      await show(this.root, { session: { ...this.session, sites: ordered }, signal: this.signal });
    };
    return select;
  }

  #discard() {
    if (!this.draft) return;
    this.draft.policy = JSON.parse(this.#saved);
    this.#problem.hidden = true;
    this.#fill();
  }

  async #save() {
    if (!this.draft || this.#saving) return;
    this.#saving = true;
    this.#changed();
    try {
      const body = { policy: this.draft.policy, version: this.#version };
      this.#take(await call('PUT', `${POLICY}?site=${encodeURIComponent(this.site)}`, body));
      this.#problem.hidden = true;
      this.parts.forEach((part) => part.fill());
      this.#list();
      this.#saving = false;
      this.#changed();
      this.#state.textContent = `Saved. Version ${this.#version} is in force.`;
    } catch (error) {
      this.#saving = false;
      this.#changed();
      this.#tell(error);
    }
  }

  /** @param {unknown} error */
  #tell(error) {
    const conflict = error instanceof CallError && error.status === 409;
    this.#problem.replaceChildren(
      el('p', {}, conflict ? 'Not saved: somebody was faster. ' : 'Not saved. ', said(error)),
      ...(conflict ? [button('theirs', 'Show the version in force', () => this.#newer(false), { class: 'link' }), ' ', button('mine', 'Keep my changes and put them on top', () => this.#newer(true), { class: 'link' })] : []),
    );
    this.#problem.hidden = false;
    this.#problem.scrollIntoView({ block: 'center' });
  }

  /** @param {boolean} keep whether what is on the page stays, to be saved over the newer version */
  async #newer(keep) {
    if (!this.draft) return;
    const mine = this.draft.policy;
    try {
      this.#take(await call('GET', `${POLICY}?site=${encodeURIComponent(this.site)}`));
      if (keep) this.draft.policy = mine;
      this.#problem.hidden = true;
      this.#fill();
      this.#list();
    } catch (error) {
      this.#tell(error);
    }
  }

  #history() {
    return el('section', { 'aria-labelledby': 'versions-title' }, el('h3', { id: 'versions-title' }, 'Versions'), this.#versions);
  }

  async #list() {
    const found = await call('GET', `${POLICY}/versions?site=${encodeURIComponent(this.site)}&limit=20`).catch(() => null);
    if (!found || this.signal.aborted) return;
    const rows = [...found.items, { version: 0, created_by: null, created_at: null }].map(({ version, created_by: who, created_at: at }) =>
      el(
        'li',
        {},
        el('b', {}, version ? `Version ${version}` : 'The defaults'),
        version > 0 && el('span', { class: 'quiet' }, ` ${who ?? 'the command line'}, `, time(at)),
        version === this.#version
          ? el('span', { class: 'quiet' }, ' in force')
          : this.editable && button('load', 'Take it up', () => this.#load(version), { class: 'link', 'aria-label': `Take it up: ${version ? `version ${version}` : 'the defaults'}, in the form` }),
      ),
    );
    this.#versions.replaceChildren(...rows);
  }

  /** @param {number} version an old version, into the form: it is in force once it is saved */
  async #load(version) {
    if (!this.draft) return;
    try {
      const answer = await call('GET', `${POLICY}?site=${encodeURIComponent(this.site)}&version=${version}`);
      this.draft.policy = answer.policy;
      this.#fill();
    } catch (error) {
      this.#tell(error);
    }
  }
}
