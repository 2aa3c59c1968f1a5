// Every screen, narrow.
import { everyScreen } from './every-screen.ts';

everyScreen(320);
