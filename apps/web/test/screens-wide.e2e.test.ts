// Every screen, wide.
import { everyScreen } from './every-screen.ts';

everyScreen(1280);
