"""A day of an office, played through the public interface: the demo's visitors, and real days replayed."""
