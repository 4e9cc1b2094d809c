"""The register of enterprises, people, the talent pool and the appointments of Chief Quality Officers."""
