"""Operations: the connections as integration operators see and switch them."""
