import { byId, offerCopy } from './page.js';

// The address that the newcomer has open is the one that works in the newcomer's own page.
byId('origin').textContent = location.origin;
offerCopy(byId('snippet'));
byId('phone').hidden = location.protocol === 'https:';
