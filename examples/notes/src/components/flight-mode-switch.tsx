import { useSyncExternalStore } from 'react';
import { flightMode } from '../flight-mode.ts';
import { Switch } from './switch.tsx';

export function FlightModeSwitch() {
  const isOn = useSyncExternalStore(flightMode.subscribe, flightMode.get);
  return <Switch name="Work offline" isOn={isOn} change={flightMode.set} />;
}
