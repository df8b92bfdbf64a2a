interface SwitchProps {
  readonly name: string;
  readonly isOn: boolean;
  readonly change: (isOn: boolean) => void;
}

export function Switch({ name, isOn, change }: SwitchProps) {
  return (
    <button type="button" role="switch" aria-checked={isOn} className="switch" onClick={() => change(!isOn)}>
      <span>{name}</span>
      <span className="track" aria-hidden="true" />
    </button>
  );
}
