"""The pages of a provincial office: figures, the lists behind them, flows, timelines. No personal data is in any."""
