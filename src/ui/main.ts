/** Starts the machine and mounts the page, in this order: see first-machine.ts. */
import './machine/first-machine.ts';
import { mount } from 'svelte';
import App from './app/App.svelte';
import './style/fonts.css';
import './style/tokens.css';
import './style/base.css';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no #app');
mount(App, { target });
